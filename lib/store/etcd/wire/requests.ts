/** etcd's requests on the wire. Numbers of fields: etcd's api/etcdserverpb/rpc.proto. */

import type { Comparison, Operation, RangeRequest, TxnRequest } from '../../kv.ts';
import { Output } from './output.ts';

/** What is sent on the stream of a watch: the watch itself, then the wish for progress notices. */
export type WatchMessage = { key: string; end?: string; startRevision: number } | 'progress';

/** Fields of a key and of the end of a range, where they stand first in a message. */
const KEY = 1;
const RANGE_END = 2;

const RESULTS = { '=': 0, '>': 1, '<': 2, '!=': 3 } as const;
/** Number in the enumeration, and field of the value. */
const TARGETS = { version: [0, 4], create: [1, 5], mod: [2, 6], lease: [4, 8] } as const;

/** Around what a message holds: tags, lengths and small numbers. */
const FRAME = 12;

export class Requests {
  readonly #out = new Output();

  readonly range = (request: RangeRequest): Buffer => {
    const out = this.#out.begin();
    this.#range(request.key, request.end);
    if (request.limit) out.number(3, request.limit);
    if (request.revision) out.number(4, request.revision);
    if (request.serializable) out.number(7, 1);
    if (request.keysOnly) out.number(8, 1);
    if (request.countOnly) out.number(9, 1);
    return out.take();
  };

  readonly txn = ({ compare, then, else: otherwise = [] }: TxnRequest): Buffer => {
    this.#out.begin();
    for (const comparison of compare) this.#comparison(comparison);
    for (const operation of then) this.#operation(2, operation);
    for (const operation of otherwise) this.#operation(3, operation);
    return this.#out.take();
  };

  readonly watch = (message: WatchMessage): Buffer => {
    const out = this.#out.begin();
    if (message === 'progress') {
      out.open(3, 0);
    } else {
      const { key, end, startRevision } = message;
      out.open(1, key.length + (end?.length ?? 0) + FRAME);
      this.#range(key, end);
      if (startRevision > 0) out.number(3, startRevision);
      // Progress notices from time to time.
      out.number(4, 1);
    }
    out.close();
    return out.take();
  };

  #comparison({ key, end, target, op, value }: Comparison): void {
    const out = this.#out;
    const [number, field] = TARGETS[target];
    out.open(1, key.length + FRAME);
    out.number(1, RESULTS[op]);
    out.number(2, number);
    out.bytes(3, key);
    out.number(field, value);
    if (end !== undefined) out.bytes(64, end);
    out.close();
  }

  /** @param branch the field of the branch that it belongs to */
  #operation(branch: number, operation: Operation): void {
    const out = this.#out;
    if ('put' in operation) {
      const { put, value, lease } = operation;
      const length = put.length + value.length;
      out.open(branch, length + FRAME);
      out.open(2, length + FRAME / 2);
      out.bytes(1, put);
      out.bytes(2, value);
      if (lease !== undefined) out.number(3, lease);
    } else {
      const [field, key] = 'get' in operation ? [1, operation.get] : [3, operation.delete];
      out.open(branch, key.length + FRAME);
      out.open(field, key.length + FRAME / 2);
      this.#range(key, operation.end);
    }
    out.close();
    out.close();
  }

  #range(key: string, end: string | undefined): void {
    this.#out.bytes(KEY, key);
    if (end !== undefined) this.#out.bytes(RANGE_END, end);
  }
}
