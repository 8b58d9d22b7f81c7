import {
  blockSizeFor,
  type Cidr,
  formatCidr,
  isBlockSize,
  type NetworkSize,
  overlaps,
  parseCidr,
  sizeNetwork,
  tryParseCidr,
} from '../../lib/addresses/index.ts';
import type { NetworkRecord, VirtualNetworkSpec } from '../../lib/records/index.ts';
import type { View } from '../../lib/store/index.ts';
import { AddressSpace, type Holder } from './address-space.ts';
import type { IppoolTools } from './tools.ts';
import type { Wanted } from './wanted.ts';

/** How much smaller than wanted a further range may be, where the supernet is nearly full. Bits. */
const SMALLER = 4;

/** How large the network has to be where its range is allocated. */
export function sizeOfWanted({ containers, hosts, spec }: Wanted): NetworkSize {
  const { prefix, blockSize } = sizeNetwork({ containers, hosts: hosts() });
  return { prefix, blockSize: fits(spec.blockSize, 4) ? Math.max(prefix, spec.blockSize) : blockSize };
}

/** Prefix length of the blocks of a network's first range, where the user chose that. */
export function blockSizeOf(range: Cidr, spec: VirtualNetworkSpec, hosts: number): number {
  return fits(spec.blockSize, range.family) ? Math.max(range.prefix, spec.blockSize) : blockSizeFor(range, hosts);
}

/** Prefix length of the blocks of a further range: always the same, whatever has become of the hosts. */
export function furtherBlockSize(range: Cidr, { cidr, blockSize }: NetworkRecord, spec: VirtualNetworkSpec): number {
  const sameFamily = tryParseCidr(cidr)?.family === range.family;
  return sameFamily ? Math.max(range.prefix, blockSize) : blockSizeOf(range, spec, 1);
}

const fits = (blockSize: number | undefined, family: 4 | 6): blockSize is number =>
  blockSize !== undefined && isBlockSize(family, blockSize);

/**
 * A range for a network: inside the supernet, beside every pool and block in Calico (ours and others', disabled ones
 * too), every network of ours, the subnets of hosts, and what was given out a moment ago.
 */
export function freeRange(prefix: number, network: string, state: View, tools: IppoolTools): Cidr | undefined {
  const { supernet, fresh } = tools;
  const { ranges } = AddressSpace.of(state);
  const recent = fresh.besides(network, state);
  for (const { network: name, range } of recent) ranges.add(range, FRESH, { kind: 'network', name, range });
  const found = ranges.firstFree(supernet, prefix);
  for (const { range } of recent) ranges.remove(range, FRESH);
  return found;
}

const FRESH = 'fresh';

/** As `freeRange`, for what a network gets besides: rather a smaller one than none. */
export function furtherRange(
  { prefix, smallest }: { prefix: number; smallest: number },
  network: string,
  state: View,
  tools: IppoolTools,
): Cidr | undefined {
  for (let bits = 0; bits <= SMALLER && prefix + bits <= smallest; bits++) {
    const range = freeRange(prefix + bits, network, state, tools);
    if (range) return range;
  }
  return undefined;
}

/**
 * Who else has addresses of a range, as a person would call it.
 *
 * @param network  who asks
 * @param its      pools that are its own: it may have the range, as they may, and what blocks there are
 */
export function conflictOf(
  range: Cidr,
  network: string,
  state: View,
  { fresh }: IppoolTools,
  its?: { pools: readonly string[] },
): string | undefined {
  for (const holder of AddressSpace.of(state).ranges.overlapping(range)) {
    if (!its || !isPartOf(holder, network, its.pools)) return describe(holder);
  }
  const other = fresh.besides(network, state).find((each) => overlaps(each.range, range));
  return other && describe({ kind: 'network', name: other.network, range: other.range });
}

const isPartOf = ({ kind, name }: Holder, network: string, pools: readonly string[]): boolean =>
  kind === 'block' || (kind === 'network' && name === network) || (kind === 'pool' && pools.includes(name));

function describe({ kind, name, range }: Holder): string {
  const text = formatCidr(range);
  if (kind === 'hosts') return `${text}, where hosts are`;
  if (kind === 'block') return `the block ${text} that is left in Calico’s IPAM`;
  return `${kind === 'pool' ? 'the IP pool' : 'the network'} ${name} (${text})`;
}

/** The ranges that a spec names, in order. */
export const explicitRanges = ({ cidr, pools }: VirtualNetworkSpec): Cidr[] =>
  [...(cidr === undefined ? [] : [cidr]), ...pools].map(parseCidr);
