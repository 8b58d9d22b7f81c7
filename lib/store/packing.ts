import type { Comparison, Operation, TxnRequest } from './kv.ts';
import type { PreparedUnit } from './unit.ts';

/** etcd's limit for comparisons and for operations of a transaction (`--max-txn-ops`). */
const MOST = 128;
/** Beyond this size a transaction gains nothing by growing. Bytes; a larger unit travels alone. */
const BYTES = 512 * 1024;

/** A unit and whatever belongs to it. */
export interface Packed {
  readonly unit: PreparedUnit;
}

/** One transaction while it fills. Its units must not meet in a key that one of them writes: `Claims` sees to that. */
export class Batch<P extends Packed = Packed> {
  readonly units: P[] = [];
  /** The keys that are compared and not written, each once. */
  readonly #guards = new Map<string, number>();
  /** The leader's key is one. */
  #compares = 1;
  #operations = 0;
  #bytes = 0;
  #full = false;

  /** Whether it should wait for more. One that has once refused a unit for want of room is full. */
  get full(): boolean {
    return this.#full;
  }

  /** @returns false, and nothing has changed, when the unit has to travel in another one */
  take(packed: P): boolean {
    const { unit } = packed;
    const first = this.units[0]?.unit;
    if (first && (!sameFence(first, unit) || unit.ranges.length > 0)) return false;
    let compares = this.#compares + unit.ranges.length;
    for (const { key, write, expected } of unit.parts) {
      const other = write ? undefined : this.#guards.get(key);
      if (other === undefined) compares++;
      // Two that expect different revisions of a key cannot both be right: apart, one of them lands.
      else if (other !== expected) return false;
    }
    const operations = this.#operations + unit.writes;
    const bytes = this.#bytes + unit.bytes;
    if (first && (compares > MOST || operations > MOST || bytes > BYTES)) {
      this.#full = true;
      return false;
    }
    for (const { key, write, expected } of unit.parts) if (!write) this.#guards.set(key, expected);
    this.#compares = compares;
    this.#operations = operations;
    this.#bytes = bytes;
    this.units.push(packed);
    // Of ranges nothing is read when a comparison fails: a unit with one travels alone, so that it was its own.
    if (compares >= MOST || operations >= MOST || unit.ranges.length > 0) this.#full = true;
    return true;
  }

  /** Lets it wait for no more. */
  seal(): void {
    this.#full = true;
  }
}

/** One transaction of several units: all comparisons of all of them, each once, and all their writes. */
export function transactionOf(batch: readonly Packed[]): TxnRequest {
  const { key, createRevision } = batch[0]!.unit.fence;
  const compare: Comparison[] = [{ key, target: 'create', op: '=', value: createRevision }];
  const then: Operation[] = [];
  const guarded = new Set<string>();
  for (const { unit } of batch) {
    for (const { key, expected, write, value, lease } of unit.parts) {
      if (!write) {
        if (guarded.has(key)) continue;
        guarded.add(key);
      }
      compare.push({ key, target: 'mod', op: '=', value: expected });
      if (write === 'delete') then.push({ delete: key });
      else if (write) then.push(lease === undefined ? { put: key, value } : { put: key, value, lease });
    }
    // Over a range without keys etcd compares zeros, and there is no mod_revision 0.
    for (const { key, end, newest } of unit.ranges)
      compare.push({ key, end, target: 'mod', op: '<', value: newest + 1 });
  }
  return { compare, then };
}

const sameFence = (one: PreparedUnit, other: PreparedUnit): boolean =>
  one.fence === other.fence ||
  (one.fence.key === other.fence.key && one.fence.createRevision === other.fence.createRevision);
