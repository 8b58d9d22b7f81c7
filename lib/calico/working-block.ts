import { type Address, addressAt, type Cidr, parseCidr, sizeOf } from '../addresses/index.ts';
import { attributeOf, compacted, type Holder } from './blocks.ts';
import type { Attribute, Block } from './ipam-records.ts';
import type { Journal } from './overlay.ts';

/** Whether an ordinal of a block may not be handed out. */
export type Reserved = (ordinal: number) => boolean;

/**
 * A block that a plan works on: many assignments and releases change it in place, each in constant time but for moves
 * inside its lists. The block that it was made of stays as it is.
 */
export class WorkingBlock {
  readonly cidr: Cidr;
  readonly #size: number;
  readonly #journal: Journal;
  /** As it was read or landed; what was changed since is in `#open`. */
  #block: Block;
  #open: Open | undefined;

  constructor(block: Block, journal: Journal) {
    this.#block = block;
    this.#journal = journal;
    this.cidr = parseCidr(block.cidr);
    this.#size = Number(sizeOf(this.cidr));
  }

  get affinity(): string | null {
    return this.#block.affinity;
  }

  get claimed(): string | undefined {
    return this.#block.affinity_claim_time;
  }

  /** Whether an address is free to be handed out. */
  hasRoom(reserved: Reserved | undefined): boolean {
    const { allocations, unallocated } = this.#open ?? this.#block;
    return this.#firstFree(allocations, unallocated, reserved) !== -1;
  }

  /**
   * Takes the first ordinal of the free list that is not reserved; reserved ones keep their places. The sequence number
   * stays: one write may hold several assignments and counts once.
   *
   * @returns undefined when there is none
   */
  assign(holder: Holder, reserved: Reserved | undefined): Address | undefined {
    this.#open ??= opened(this.#block);
    const { allocations, unallocated, attributes, sequences } = this.#open;
    const place = this.#firstFree(allocations, unallocated, reserved);
    const [ordinal] = place === -1 ? [] : unallocated.splice(place, 1);
    if (ordinal === undefined) return undefined;
    const { index, added } = attributeIndex(this.#open, holder);
    const sequence = String(ordinal);
    const left = sequences.get(sequence);
    allocations[ordinal] = index;
    sequences.set(sequence, this.#block.sequenceNumber);
    this.#journal.push(() => {
      allocations[ordinal] = null;
      unallocated.splice(place, 0, ordinal);
      if (left === undefined) sequences.delete(sequence);
      else sequences.set(sequence, left);
      if (!added) return;
      attributes.pop();
      if (this.#open) this.#open.byHandle.get(holder.handle)?.pop();
    });
    return addressAt(this.cidr, ordinal);
  }

  /**
   * Where in the free list the first ordinal stands that may be handed out, which is nearly always the first; -1 where none
   * does. Others wrote the list, too: what it names may be in use, or beyond the block.
   */
  #firstFree(
    allocations: readonly (number | null)[],
    unallocated: readonly number[],
    reserved: Reserved | undefined,
  ): number {
    return unallocated.findIndex(
      (ordinal) => allocations[ordinal] === null && ordinal < this.#size && !reserved?.(ordinal),
    );
  }

  /** Frees whatever a handle holds: to the end of the free list, in order of the addresses. */
  release(handle: string): Address[] {
    this.#open ??= opened(this.#block);
    const { allocations, unallocated, sequences, byHandle } = this.#open;
    const indexes = byHandle.get(handle) ?? [];
    // As a rule it has one attribute, which one address has.
    const ordinals = indexes.flatMap((index) => placesOf(index, allocations)).sort((a, b) => a - b);
    if (ordinals.length > 0) this.#open.freed = true;
    for (const ordinal of ordinals) {
      const index = allocations[ordinal] ?? null;
      const sequence = sequences.get(String(ordinal));
      allocations[ordinal] = null;
      unallocated.push(ordinal);
      sequences.delete(String(ordinal));
      this.#journal.push(() => {
        allocations[ordinal] = index;
        unallocated.pop();
        if (sequence !== undefined) sequences.set(String(ordinal), sequence);
      });
    }
    return ordinals.map((ordinal) => addressAt(this.cidr, ordinal));
  }

  /** What a handle holds, in order. */
  heldBy(handle: string): Address[] {
    const { allocations, attributes } = this.#open ?? this.#block;
    return allocations.flatMap((index, ordinal) =>
      index !== null && attributes?.[index]?.handle_id === handle ? [addressAt(this.cidr, ordinal)] : [],
    );
  }

  get isEmpty(): boolean {
    return (this.#open ?? this.#block).allocations.every((index) => index === null);
  }

  /** The block as it is now: attributes that nobody refers to any longer dropped, and the rest renumbered. */
  get block(): Block {
    if (!this.#open) return this.#block;
    const { allocations, unallocated, attributes, sequences } = this.#open;
    const changed = { ...this.#block, unallocated, sequenceNumberForAllocation: sequences };
    return this.#open.freed
      ? { ...changed, ...compacted(allocations, attributes) }
      : { ...changed, allocations, attributes };
  }

  /** The block as it is written, which counts once. */
  get sealed(): Block {
    return { ...this.block, sequenceNumber: this.#block.sequenceNumber + 1n };
  }

  /** It was written: what follows is another write. */
  landed(): this {
    const { freed } = this.#open ?? { freed: true };
    this.#block = this.sealed;
    if (freed) this.#open = undefined;
    return this;
  }
}

/** A block's lists, copied to be changed. */
interface Open {
  allocations: (number | null)[];
  unallocated: number[];
  attributes: Attribute[];
  sequences: Map<string, bigint>;
  /** By handle: where its attributes are. */
  byHandle: Map<string, number[]>;
  /** Attributes may be left that nobody refers to. */
  freed: boolean;
}

function opened(block: Block): Open {
  const attributes = [...(block.attributes ?? [])];
  const byHandle = new Map<string, number[]>();
  for (const [index, { handle_id: handle }] of attributes.entries()) {
    if (handle !== undefined) byHandle.set(handle, [...(byHandle.get(handle) ?? []), index]);
  }
  return {
    allocations: [...block.allocations],
    unallocated: [...block.unallocated],
    attributes,
    sequences: new Map(block.sequenceNumberForAllocation ?? []),
    byHandle,
    freed: false,
  };
}

/** Where an attribute is referred to. */
function placesOf(index: number, allocations: readonly (number | null)[]): number[] {
  const places: number[] = [];
  for (let at = allocations.indexOf(index); at !== -1; at = allocations.indexOf(index, at + 1)) places.push(at);
  return places;
}

/** An equal attribute is used again. */
function attributeIndex({ attributes, byHandle }: Open, holder: Holder): { index: number; added: boolean } {
  const wanted = attributeOf(holder);
  const known = byHandle.get(holder.handle) ?? [];
  const found = known.find((index) => sameOwner(attributes[index], wanted));
  if (found !== undefined) return { index: found, added: false };
  const index = attributes.push(wanted) - 1;
  byHandle.set(holder.handle, [...known, index]);
  return { index, added: true };
}

/** Of attributes with the same handle. */
function sameOwner(a: Attribute | undefined, b: Attribute): boolean {
  if (a?.secondary?.size !== b.secondary?.size) return false;
  return [...(a?.secondary ?? [])].every(([key, value]) => b.secondary?.get(key) === value);
}
