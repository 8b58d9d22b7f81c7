import { hostOfBlock } from './blocks.ts';
import type { Block } from './ipam-records.ts';

/** What an audit has to say about one record. */
export interface Finding {
  code:
    | 'unreadable'
    | 'block-size'
    | 'ordinal'
    | 'attribute'
    | 'affinity'
    | 'handle'
    | 'address-unused'
    | 'address-unassigned'
    | 'address-twice'
    | 'endpoint-name'
    | 'pool';
  /** The record, below `/calico/`. */
  id: string;
  message: string;
}

export type Report = (code: Finding['code'], message: string) => void;

/** The invariants that a block keeps by itself (calico.md §3). */
export function auditBlock(block: Block, size: number, report: Report): void {
  const { allocations, unallocated } = block;
  const attributes = block.attributes ?? [];
  if (allocations.length !== size) report('block-size', `${allocations.length} ordinals in a block of ${size}`);

  const free = new Set(unallocated);
  if (free.size !== unallocated.length) report('ordinal', 'an ordinal is twice in the free list');
  for (const ordinal of free) {
    if (allocations[ordinal] === undefined) report('ordinal', `ordinal ${ordinal} is free but does not exist`);
    else if (allocations[ordinal] !== null) report('ordinal', `ordinal ${ordinal} is both free and allocated`);
  }
  const allocated = allocations.filter((index) => index !== null).length;
  if (free.size + allocated !== size) report('ordinal', `${free.size} free and ${allocated} allocated of ${size}`);

  const referenced = new Set(allocations);
  for (const index of referenced) {
    if (index !== null && attributes[index] === undefined) report('attribute', `attribute ${index} does not exist`);
  }
  for (const index of attributes.keys()) {
    if (!referenced.has(index)) report('attribute', `attribute ${index} belongs to no address`);
  }
  if (hostOfBlock(block) === undefined && allocated === 0) report('affinity', 'an empty block that is nobody’s');
}

/** How many addresses of a block each handle holds. */
export function holdings(block: Block): Map<string, number> {
  const counts = new Map<string, number>();
  for (const index of block.allocations) {
    const handle = index === null ? undefined : block.attributes?.[index]?.handle_id;
    if (handle !== undefined) counts.set(handle, (counts.get(handle) ?? 0) + 1);
  }
  return counts;
}
