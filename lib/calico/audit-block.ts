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
    | 'pool'
    | 'reserved';
  /** The record, below `/calico/`. */
  id: string;
  found: string;
  expected: string;
  /** Both in a sentence. */
  message: string;
  /** Whose record it is, where the audit was told who we are. */
  owner?: 'us' | 'others';
}

export type Report = (code: Finding['code'], found: string, expected: string) => void;

export const finding = (code: Finding['code'], id: string, found: string, expected: string): Finding => ({
  code,
  id,
  found,
  expected,
  message: `${found}; expected ${expected}`,
});

/** The invariants that a block keeps by itself (calico.md §3). */
export function auditBlock(block: Block, size: number, report: Report): void {
  const { allocations, unallocated } = block;
  const attributes = block.attributes ?? [];
  if (allocations.length !== size) report('block-size', `${allocations.length} ordinals`, `${size}`);

  const free = new Set(unallocated);
  if (free.size !== unallocated.length) report('ordinal', 'an ordinal is twice in the free list', 'each once');
  for (const ordinal of free) {
    if (allocations[ordinal] === undefined) report('ordinal', `ordinal ${ordinal} is free`, `one below ${size}`);
    else if (allocations[ordinal] !== null)
      report('ordinal', `ordinal ${ordinal} is both free and allocated`, 'one of both');
  }
  const allocated = allocations.filter((index) => index !== null).length;
  if (free.size + allocated !== size)
    report('ordinal', `${free.size} free and ${allocated} allocated`, `${size} in all`);

  const referenced = new Set(allocations);
  for (const index of referenced) {
    if (index !== null && attributes[index] === undefined)
      report('attribute', `attribute ${index} is referred to`, `one of ${attributes.length}`);
  }
  for (const index of attributes.keys()) {
    if (!referenced.has(index)) report('attribute', `attribute ${index} belongs to no address`, 'to be referred to');
  }
  if (hostOfBlock(block) === undefined && allocated === 0)
    report('affinity', 'an empty block that is nobody’s', 'a host of its own, or no block');
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
