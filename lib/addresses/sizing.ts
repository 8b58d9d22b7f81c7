import type { Cidr } from './addresses.ts';

/** What a network is sized by. */
export interface Demand {
  /** Containers that will join. */
  containers: number;
  /** Hosts that the cloud may have. */
  hosts: number;
}

export interface NetworkSize {
  /** Prefix length of the pool. */
  prefix: number;
  /** Prefix length of each block of it. */
  blockSize: number;
}

/** The shortest and the longest prefix of a block that Calico accepts. */
export const BLOCK_SIZES = { 4: [20, 32], 6: [116, 128] } as const;

const SMALLEST_NETWORK = 24;
/** Every assignment rewrites a whole block, so blocks stay under 256 addresses (3 KB). */
const LARGEST_BLOCK = 24;
/** A host that takes a block for each container or two has more blocks than a network has routes to spare. */
const SMALLEST_BLOCK = 28;
/** Calico's own default for a /24 is four blocks of 64. */
const FEWEST_BLOCKS_BITS = 2;
/** Room to grow, as a factor. */
const GROWTH = 4;
/** Calico's default for IPv6. */
const USUAL_BLOCK_6 = 122;

/**
 * Size of a network that is cut from the supernet (design §5): room to grow fourfold, at least a /24, and a block for
 * each host that its containers can be on. Where those would be blocks of less than 16 addresses, the network is larger
 * instead, up to a block for each container that there is; further hosts borrow.
 */
export function sizeNetwork({ containers, hosts }: Demand): NetworkSize {
  const enough = Math.min(SMALLEST_NETWORK, 32 - bitsFor(GROWTH * containers));
  const prefix = Math.max(1, Math.min(enough, SMALLEST_BLOCK - bitsFor(Math.min(hosts, containers))));
  const blocks = Math.max(FEWEST_BLOCKS_BITS, bitsFor(Math.min(hosts, GROWTH * containers)));
  return { prefix, blockSize: within(LARGEST_BLOCK, SMALLEST_BLOCK, prefix + blocks) };
}

/**
 * Prefix length of the blocks of a range that somebody chose: four of them at least where that is possible, more where
 * there are more hosts.
 */
export function blockSizeFor({ family, prefix }: Pick<Cidr, 'family' | 'prefix'>, hosts: number): number {
  if (family === 6) return within(USUAL_BLOCK_6, BLOCK_SIZES[6][1], prefix + FEWEST_BLOCKS_BITS);
  const smallest = within(SMALLEST_BLOCK, BLOCK_SIZES[4][1], prefix + FEWEST_BLOCKS_BITS);
  return within(LARGEST_BLOCK, smallest, prefix + Math.max(FEWEST_BLOCKS_BITS, bitsFor(hosts)));
}

/** Whether Calico accepts blocks of that prefix length. */
export const isBlockSize = (family: 4 | 6, prefix: number): boolean =>
  prefix >= BLOCK_SIZES[family][0] && prefix <= BLOCK_SIZES[family][1];

const within = (least: number, most: number, value: number): number => Math.max(least, Math.min(most, value));

/** Bits that tell so many things apart. */
const bitsFor = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)));
