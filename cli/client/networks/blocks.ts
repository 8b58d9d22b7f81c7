import {
  type Address,
  addressAt,
  type Cidr,
  contains,
  formatCidr,
  ordinalOf,
  sizeOf,
  tryParseAddress,
  tryParseCidr,
} from '../../../lib/addresses/index.ts';
import { type Block, CalicoReader, hostOfBlock, paths, usedIn } from '../../../lib/calico/index.ts';
import type { NetworkRecord } from '../../../lib/records/index.ts';
import type { Entry } from '../../../lib/store/index.ts';
import type { Read, State } from '../reading.ts';

/** Everything that `blocksIn` looks at. */
export const blockReads: readonly Read[] = [{ kind: 'calico', under: 'ipam/v2/assignment' }];

/** A block of addresses, as Calico's IPAM keeps it. */
export interface HeldBlock {
  cidr: Cidr;
  /** Whose it is; absent where its host gave it up while addresses of it are in use. */
  host?: string;
  size: number;
  used: number;
  /** Ascending. */
  holders: Holder[];
}

/** Who has an address. */
export interface Holder {
  address: Address;
  /** Calico's handle: `<network>.<uid>` where it is a container's of ours. */
  handle: string;
  /** On whose behalf; another host than the block's where the address is borrowed. */
  host?: string;
  /** What for, where it is no container's: `vxlanTunnelAddress`. */
  type?: string;
}

/** The ranges of a network's pools. */
export const rangesOf = ({ cidr, ranges = [] }: NetworkRecord): string[] => (ranges.length > 0 ? ranges : [cidr]);

/** All readable blocks within some ranges, by address. */
export function blocksIn(ranges: readonly string[], state: State): HeldBlock[] {
  const within = ranges.flatMap((text) => tryParseCidr(text) ?? []);
  return allBlocks(state)
    .filter(({ cidr }) => within.some((range) => contains(range, cidr)))
    .sort((a, b) => a.cidr.family - b.cidr.family || (a.cidr.base < b.cidr.base ? -1 : 1));
}

/** All readable blocks. */
export function allBlocks(state: State): HeldBlock[] {
  const reader = new CalicoReader(state);
  return ([4, 6] as const).flatMap((family) =>
    state.list('calico', paths.blocks(family)).flatMap(({ id }: Entry<'calico'>) => {
      const block = reader.block(id).value;
      const cidr = block && tryParseCidr(block.cidr);
      return block && cidr ? [held(block, cidr)] : [];
    }),
  );
}

function held(block: Block, cidr: Cidr): HeldBlock {
  const host = hostOfBlock(block);
  const holders = block.allocations.flatMap((index, ordinal): Holder[] => {
    if (index === null) return [];
    const { handle_id: handle = '', secondary } = block.attributes?.[index] ?? {};
    const [node, type] = [secondary?.get('node'), secondary?.get('type')];
    const address = addressAt(cidr, ordinal);
    return [{ address, handle, ...(node !== undefined && { host: node }), ...(type !== undefined && { type }) }];
  });
  const { length: size } = block.allocations;
  return { cidr, ...(host !== undefined && { host }), size, used: usedIn(block), holders };
}

/** Addresses of a block that other hosts have. */
export const borrowedOf = ({ host, holders }: HeldBlock): Holder[] =>
  holders.filter((holder) => holder.host !== undefined && holder.host !== host);

/**
 * Addresses of a pool's or block's range that containers may yet be given. An explicit gateway is none of them.
 *
 * @param used  how many somebody holds
 */
export function freeIn(range: Cidr, used: number, gateway: string | undefined): bigint {
  const reserved = gateway === undefined ? undefined : tryParseAddress(gateway);
  const without = reserved && ordinalOf(range, reserved) !== undefined ? 1n : 0n;
  const free = sizeOf(range) - BigInt(used) - without;
  return free < 0n ? 0n : free;
}

export const blockName = ({ cidr }: HeldBlock): string => formatCidr(cidr);
