import { Claims } from './claims.ts';
import { Batch, type Packed } from './packing.ts';

/** Batches that still take units, at most. More than one only where units expect different revisions, or a lead changed. */
const OPEN = 4;

/**
 * The units that wait, packed into transactions as they come. One that meets keys of a unit before it, waiting or in
 * flight, is held back until that one is done; what comes after it may pass it, unless it meets its keys.
 */
export class Queue<P extends Packed> {
  /** In the order of their first units. */
  readonly #batches: Batch<P>[] = [];
  /** Those of them that are not full. */
  #open: Batch<P>[] = [];
  /** Of all units in batches, waiting and in flight. */
  readonly #placed = new Claims();
  #heldBack: P[] = [];
  /** Of all that are held back. */
  #waiting = new Claims();

  /** Whether a transaction waits that nothing will be added to, or that one stands before. */
  get full(): boolean {
    return this.#batches.length > this.#open.length;
  }

  get empty(): boolean {
    return this.#batches.length === 0;
  }

  add(packed: P): void {
    const { unit } = packed;
    if (this.#placed.block(unit) || (this.#heldBack.length > 0 && this.#waiting.block(unit))) {
      this.#heldBack.push(packed);
      this.#waiting.add(unit);
    } else this.#place(packed);
  }

  /** Takes out the oldest transaction, full or not. Its keys stay claimed until it is `done`. */
  next(): Batch<P> | undefined {
    const batch = this.#batches.shift();
    if (this.#open[0] === batch) this.#open.shift();
    return batch;
  }

  done({ units }: Batch<P>): void {
    for (const { unit } of units) this.#placed.remove(unit);
    if (this.#heldBack.length === 0) return;
    const heldBack = this.#heldBack;
    this.#heldBack = [];
    this.#waiting = new Claims();
    for (const packed of heldBack) this.add(packed);
  }

  #place(packed: P): void {
    this.#placed.add(packed.unit);
    if (!this.#open.some((batch) => batch.take(packed))) {
      const batch = new Batch<P>();
      batch.take(packed);
      this.#batches.push(batch);
      this.#open.push(batch);
      if (this.#open.length > OPEN) this.#open[0]!.seal();
    }
    if (this.#open.some(({ full }) => full)) this.#open = this.#open.filter(({ full }) => !full);
  }
}
