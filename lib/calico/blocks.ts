/** What happens inside one block: pure functions from a block to the next (calico.md §3). None changes its argument. */

import { type Cidr, formatCidr, sizeOf } from '../addresses/index.ts';
import type { Attribute, Block } from './ipam-records.ts';

/** Who is given an address, as the block remembers it. */
export interface Holder {
  handle: string;
  /** The host on whose behalf it was assigned; with borrowing another than the block's own. */
  host: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** What the address is for, where it is not a container's: `vxlanTunnelAddress`. */
  type?: string | undefined;
}

export const affinityOf = (host: string): string => `host:${host}`;

/** The host that a block belongs to; undefined where it belongs to none. */
export const hostOfBlock = ({ affinity }: Pick<Block, 'affinity'>): string | undefined =>
  affinity?.startsWith('host:') ? affinity.slice('host:'.length) : undefined;

/** A block as Calico creates one: all ordinals free, its sequence beginning at the time in nanoseconds. */
export function newBlock(cidr: Cidr, host: string, now: number): Block {
  const size = Number(sizeOf(cidr));
  return {
    cidr: formatCidr(cidr),
    affinity: affinityOf(host),
    affinity_claim_time: rfc3339(now),
    allocations: new Array<null>(size).fill(null),
    unallocated: Array.from({ length: size }, (_, ordinal) => ordinal),
    attributes: null,
    sequenceNumber: BigInt(Math.trunc(now)) * 1_000_000n,
    sequenceNumberForAllocation: new Map(),
    deleted: false,
  };
}

/** Ordinals that a handle holds, ascending. */
export const heldBy = (block: Block, handle: string): number[] =>
  block.allocations.flatMap((index, ordinal) =>
    index !== null && block.attributes?.[index]?.handle_id === handle ? [ordinal] : [],
  );

/** Frees ordinals: to the end of the free list, attributes that nobody refers to any longer dropped and the rest renumbered. */
export function release(block: Block, ordinals: readonly number[]): Block {
  const freed = ordinals.filter((ordinal) => typeof block.allocations[ordinal] === 'number');
  const allocations = [...block.allocations];
  const sequences = new Map(block.sequenceNumberForAllocation ?? []);
  for (const ordinal of freed) {
    allocations[ordinal] = null;
    sequences.delete(String(ordinal));
  }
  return {
    ...block,
    ...compacted(allocations, block.attributes ?? []),
    unallocated: [...block.unallocated, ...freed],
    sequenceNumberForAllocation: sequences,
  };
}

/** Allocations and attributes without those attributes that no allocation refers to. */
export function compacted(
  allocations: readonly (number | null)[],
  attributes: readonly Attribute[],
): Pick<Block, 'allocations' | 'attributes'> {
  const referenced = new Set(allocations);
  const kept: Attribute[] = [];
  const renumbered = new Map<number, number>();
  for (const [index, attribute] of attributes.entries()) {
    if (referenced.has(index)) renumbered.set(index, kept.push(attribute) - 1);
  }
  return {
    allocations: allocations.map((index) => (index === null ? null : (renumbered.get(index) ?? index))),
    attributes: kept,
  };
}

export const isEmpty = (block: Block): boolean => block.allocations.every((index) => index === null);

/** Addresses in use. */
export const usedIn = (block: Block): number => block.allocations.length - block.unallocated.length;

/** What a block remembers of whoever is given an address. */
export const attributeOf = ({ handle, host, now, type }: Holder): Attribute => ({
  handle_id: handle,
  secondary: new Map([
    ['node', host],
    ['timestamp', goTime(now)],
    ...(type === undefined ? [] : [['type', type] as const]),
  ]),
});

/** Of a function of a time that is asked for the same one many times in a row. */
function remembering(format: (now: number) => string): (now: number) => string {
  let last: { now: number; text: string } | undefined;
  return (now) => {
    if (last?.now !== now) last = { now, text: format(now) };
    return last.text;
  };
}

/** `2026-09-01T10:00:05Z` */
export const rfc3339 = remembering((now) => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'));

/** As Go prints a time: `2026-09-01 10:00:05.123 +0000 UTC`, without trailing zeros of the fraction. */
const goTime = remembering((now) =>
  new Date(now)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.?0*Z$/, ' +0000 UTC'),
);
