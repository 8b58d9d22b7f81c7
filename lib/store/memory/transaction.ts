import type { Comparison, KeyValue, Operation, TxnRequest, TxnResponse } from '../kv.ts';
import { invalid, leaseGone, tooLarge } from './errors.ts';
import type { History, Revision } from './history.ts';
import type { Leases } from './leases.ts';
import { inRange } from './sorted.ts';

/** etcd's `--max-txn-ops` and `--max-request-bytes`. */
const MAX_OPERATIONS = 128;
const MAX_BYTES = 1.5 * 1024 * 1024;

/** What a comparison sees where there is no key. */
const ABSENT = { createRevision: 0, modRevision: 0, version: 0, lease: '0' };

/**
 * Runs a transaction.
 *
 * @returns the response, and the revision made, if any
 * @throws BERTH_STORE_INVALID, BERTH_TOO_LARGE, BERTH_STORE_LEASE_GONE; then nothing has changed
 */
export function transact(
  history: History,
  leases: Leases,
  request: TxnRequest,
): { response: TxnResponse; made: Revision | undefined } {
  validate(request);
  const succeeded = request.compare.every((comparison) => holds(history, comparison));
  const operations = (succeeded ? request.then : request.else) ?? [];
  for (const operation of operations) {
    if ('put' in operation && !leases.has(operation.lease ?? '0')) throw leaseGone(operation.lease ?? '0');
  }

  const gets = operations.map((operation): KeyValue[] => {
    if ('get' in operation) return history.live({ key: operation.get, end: operation.end });
    if ('put' in operation) {
      const { put: key, value, lease = '0' } = operation;
      const before = history.put(key, typeof value === 'string' ? Buffer.from(value) : value, lease);
      leases.move(key, before?.lease ?? '0', lease);
    } else {
      for (const { key, lease } of history.live({ key: operation.delete, end: operation.end })) {
        history.delete(key);
        leases.move(key, lease, '0');
      }
    }
    return [];
  });
  const made = history.commit();
  return { response: { succeeded, revision: history.revision, gets }, made };
}

/** Every key of the range must satisfy it. An empty range is compared like an absent key: with zeros. */
function holds(history: History, comparison: Comparison): boolean {
  const found = comparison.end === undefined ? single(history.current(comparison.key)) : history.live(comparison);
  return found.length === 0 ? satisfies(comparison, ABSENT) : found.every((kv) => satisfies(comparison, kv));
}

const single = (kv: KeyValue | undefined): KeyValue[] => (kv ? [kv] : []);

function satisfies({ target, op, value }: Comparison, kv: typeof ABSENT): boolean {
  const actual = { create: kv.createRevision, mod: kv.modRevision, version: kv.version, lease: BigInt(kv.lease) }[
    target
  ];
  const wanted = target === 'lease' ? BigInt(value) : Number(value);
  switch (op) {
    case '=':
      return actual === wanted;
    case '!=':
      return actual !== wanted;
    case '>':
      return actual > wanted;
    case '<':
      return actual < wanted;
  }
}

function validate({ compare, then, else: otherwise = [] }: TxnRequest): void {
  if (Math.max(compare.length, then.length, otherwise.length) > MAX_OPERATIONS) {
    throw invalid('too many operations in txn request');
  }
  if (compare.some(({ key }) => key === '')) throw invalid('key is not provided');
  validateBranch(then);
  validateBranch(otherwise);

  let bytes = 0;
  for (const { key, end } of compare) bytes += sizeOf(key) + sizeOf(end);
  for (const operation of [...then, ...otherwise]) {
    bytes += sizeOf(keyOf(operation));
    bytes += 'put' in operation ? sizeOf(operation.value) : sizeOf(operation.end);
  }
  if (bytes > MAX_BYTES) throw tooLarge(bytes);
}

/** No key may be put twice, or put and deleted. */
function validateBranch(operations: Operation[]): void {
  if (operations.some((operation) => keyOf(operation) === '')) throw invalid('key is not provided');
  if (operations.length < 2) return;
  const put = new Set<string>();
  const deletes = operations.flatMap((operation) =>
    'delete' in operation ? [{ key: operation.delete, end: operation.end }] : [],
  );
  for (const operation of operations) {
    if (!('put' in operation)) continue;
    if (put.has(operation.put) || deletes.some((range) => inRange(operation.put, range))) {
      throw invalid('duplicate key given in txn request');
    }
    put.add(operation.put);
  }
}

const keyOf = (operation: Operation): string =>
  'put' in operation ? operation.put : 'delete' in operation ? operation.delete : operation.get;

const sizeOf = (bytes: Buffer | string | undefined): number => (bytes === undefined ? 0 : Buffer.byteLength(bytes));
