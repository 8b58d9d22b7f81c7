import { type Cidr, sizeOf } from './addresses.ts';

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

const SMALLEST_NETWORK = 24;
/** Calico accepts 20 to 32. Every assignment rewrites a whole block, so blocks stay under 256 addresses (3 KB). */
const LARGEST_BLOCK = 24;
/** Calico's own default for a /24 is four blocks of 64. */
const FEWEST_BLOCKS_BITS = 2;

/**
 * Size of an application's network (design §5): room to grow fourfold, at least a /24, and blocks so small that each
 * host of the cloud can have one. A network of fewer addresses than the cloud has hosts is cut into single addresses.
 */
export function sizeNetwork({ containers, hosts }: Demand): NetworkSize {
  const prefix = Math.max(1, Math.min(SMALLEST_NETWORK, 32 - bitsFor(4 * containers)));
  const blockBits = Math.max(FEWEST_BLOCKS_BITS, bitsFor(hosts));
  return { prefix, blockSize: Math.max(LARGEST_BLOCK, Math.min(32, prefix + blockBits)) };
}

/** Bits that tell so many things apart. */
const bitsFor = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)));

/**
 * The first free range of a prefix length.
 *
 * @param supernet  where to look
 * @param prefix    of the range wanted
 * @param taken     what it must not overlap: in any order, overlapping each other or not, inside the supernet or not
 * @returns         a canonical range; undefined when there is none left
 */
export function allocate(supernet: Cidr, prefix: number, taken: Iterable<Cidr>): Cidr | undefined {
  if (prefix < supernet.prefix) return undefined;
  const size = sizeOf({ ...supernet, prefix });
  const end = supernet.base + sizeOf(supernet);
  let base = supernet.base;
  for (const range of inOrder(supernet, taken)) {
    if (range.base >= base + size) break;
    const next = range.base + sizeOf(range);
    // Up to the next multiple of the size: the supernet's own base is one.
    if (next > base) base += ((next - base + size - 1n) / size) * size;
  }
  return base + size <= end ? { family: supernet.family, base, prefix } : undefined;
}

function inOrder(supernet: Cidr, taken: Iterable<Cidr>): Cidr[] {
  return [...taken]
    .filter((range) => range.family === supernet.family)
    .sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : a.prefix - b.prefix));
}
