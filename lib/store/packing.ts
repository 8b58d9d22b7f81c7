import { Claims } from './claims.ts';
import type { Comparison, TxnRequest } from './kv.ts';
import type { PreparedUnit } from './unit.ts';

/** etcd's limit for comparisons and for operations of a transaction (`--max-txn-ops`). */
const MOST = 128;
/** Beyond this size a transaction gains nothing by growing. Bytes; a larger unit travels alone. */
const BYTES = 512 * 1024;

/**
 * The next transaction: from the head of the queue as many units as fit. One that meets keys of a unit before it, in
 * flight or waiting, stays where it is.
 *
 * @returns units in the queue's order; `full`: more were waiting that did not fit
 */
export function pack<U extends PreparedUnit>(queue: Iterable<U>, inFlight: Claims): { batch: U[]; full: boolean } {
  const batch: U[] = [];
  const ahead = new Claims();
  const expected = new Map<string, number>();
  let operations = 0;
  let bytes = 0;

  for (const unit of queue) {
    const first = batch[0];
    const together = !first || (sameFence(first, unit) && first.empty.length === 0 && unit.empty.length === 0);
    if (!together || inFlight.block(unit) || ahead.block(unit) || !agrees(expected, unit)) {
      ahead.add(unit);
      // A unit that travels alone ends the search: what comes after it has no place to go.
      if (first && first.empty.length > 0) return { batch, full: true };
      continue;
    }
    let compares = 1 + expected.size;
    for (const key of unit.expected.keys()) if (!expected.has(key)) compares++;
    compares += unit.empty.length;
    const fits =
      compares <= MOST && operations + unit.written.size <= MOST && (batch.length === 0 || bytes + unit.bytes <= BYTES);
    if (!fits) return { batch, full: true };
    for (const [key, revision] of unit.expected) expected.set(key, revision);
    operations += unit.written.size;
    bytes += unit.bytes;
    ahead.add(unit);
    batch.push(unit);
  }
  return { batch, full: false };
}

/** One transaction of several units: all comparisons of all of them, each once, and all their writes. */
export function transactionOf(batch: readonly PreparedUnit[]): TxnRequest {
  const { key, createRevision } = batch[0]!.fence;
  const compare: Comparison[] = [{ key, target: 'create', op: '=', value: createRevision }];
  const compared = new Set<string>();
  for (const unit of batch) {
    for (const [key, revision] of unit.expected) {
      if (compared.has(key)) continue;
      compared.add(key);
      compare.push({ key, target: 'mod', op: '=', value: revision });
    }
    for (const range of unit.empty) compare.push({ ...range, target: 'create', op: '=', value: 0 });
  }
  return {
    compare,
    then: batch.flatMap((unit) => [
      ...unit.puts.map(({ key, value, lease }) => ({ put: key, value, ...(lease !== undefined && { lease }) })),
      ...unit.deletes.map((key) => ({ delete: key })),
    ]),
  };
}

const sameFence = (one: PreparedUnit, other: PreparedUnit): boolean =>
  one.fence.key === other.fence.key && one.fence.createRevision === other.fence.createRevision;

/** Two that expect different revisions of a key cannot both be right: apart, one of them lands. */
function agrees(expected: ReadonlyMap<string, number>, unit: PreparedUnit): boolean {
  for (const [key, revision] of unit.expected) {
    const other = expected.get(key);
    if (other !== undefined && other !== revision) return false;
  }
  return true;
}
