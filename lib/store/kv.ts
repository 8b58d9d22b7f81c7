/**
 * The part of etcd's v3 API that berth uses, as one small interface. Two implementations: `etcd/` speaks to a real
 * one, `memory/` is a model of it. Both pass the same conformance tests (test/lib/store/conformance.ts).
 *
 * Keys are absolute. Revisions fit a double: etcd would need 285 years at a million writes a second.
 * Every call makes one attempt. Calls fail with a `BerthError` of a `BERTH_STORE_…` code; `outcomeUnknown` tells
 * whether a transaction may have happened all the same.
 */

import { BerthError } from '../errors/index.ts';

export interface KeyValue {
  key: string;
  value: Buffer;
  createRevision: number;
  modRevision: number;
  version: number;
  /** Decimal id of its lease, '0' for none. */
  lease: string;
}

export interface RangeRequest {
  key: string;
  /** Exclusive end; absent: only `key` itself. `prefixEnd(key)` gives all that begins with it. */
  end?: string;
  limit?: number;
  /** Read as of this revision. */
  revision?: number;
  keysOnly?: boolean;
  countOnly?: boolean;
  /** May be answered by one member without asking the others (stale). */
  serializable?: boolean;
}

export interface RangeResponse {
  /** Of the store when it answered. */
  revision: number;
  kvs: KeyValue[];
  more: boolean;
  count: number;
}

/**
 * One condition of a transaction. With `end` it must hold for every key of the range. An absent key, and a range without
 * keys, compare as zeros: `create = 0` over a range says that it is empty, `create > 0` fails where it is.
 */
export interface Comparison {
  key: string;
  end?: string;
  target: 'create' | 'mod' | 'version' | 'lease';
  op: '=' | '!=' | '>' | '<';
  value: number | string;
}

export type Operation =
  | { put: string; value: Buffer | string; lease?: string }
  | { delete: string; end?: string }
  | { get: string; end?: string };

/** At most 128 comparisons, 128 operations each branch, about 1.5 MB; no key put twice. */
export interface TxnRequest {
  compare: Comparison[];
  then: Operation[];
  else?: Operation[];
}

export interface TxnResponse {
  succeeded: boolean;
  revision: number;
  /** One list per operation of the branch taken; empty for puts and deletes. */
  gets: KeyValue[][];
}

export interface WatchEvent {
  type: 'put' | 'delete';
  /** For a delete: key and modRevision (of the deletion) only. */
  kv: KeyValue;
}

export interface WatchRequest {
  key: string;
  end?: string;
  /** The first revision to deliver. Absent: from now on. */
  startRevision?: number;
  /**
   * Called with all events of one or more whole revisions, in order; or, as a progress notice, with none.
   * After it, everything up to and including `revision` has been delivered. Except that etcd before 3.4.25 and 3.5.8 may
   * send a notice that was asked for ahead of events that it covers (etcd issue 15220): believe it once a second one
   * has followed without an event in between.
   * Where there is nothing to replay, the first call is a notice that the watch is open, with the revision before its
   * start.
   */
  onEvents(events: WatchEvent[], revision: number): void;
  /** Called once, when the watch is over for any reason but `cancel()`. It never resumes by itself. */
  onEnd(error: BerthError): void;
}

export interface Watch {
  /** Asks for a progress notice. */
  requestProgress(): void;
  /** No callback after this. */
  cancel(): void;
}

export interface Kv {
  range(request: RangeRequest, options?: CallOptions): Promise<RangeResponse>;
  txn(request: TxnRequest, options?: CallOptions): Promise<TxnResponse>;
  watch(request: WatchRequest): Watch;
  grantLease(ttlSeconds: number, options?: CallOptions): Promise<{ id: string; ttl: number }>;
  /** Renews once. @returns the TTL in seconds; 0 when the lease is gone */
  keepLeaseAlive(id: string, options?: CallOptions): Promise<number>;
  /** To revoke one that is gone already is fine. */
  revokeLease(id: string, options?: CallOptions): Promise<void>;
  compact(revision: number, options?: CallOptions): Promise<void>;
  close(): void;
}

export interface CallOptions {
  /** Default 5,000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A failed call whose effect is not known: the reply was lost, or time ran out. */
export class OutcomeUnknown extends BerthError {
  constructor(message: string, cause?: unknown) {
    super('BERTH_STORE_UNAVAILABLE', message, { cause });
  }
}

/** The smallest key greater than all that begin with `prefix`, as etcd's clients compute it. */
export function prefixEnd(prefix: string): string {
  const bytes = Buffer.from(prefix);
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i]! < 0xff) return Buffer.concat([bytes.subarray(0, i), Buffer.from([bytes[i]! + 1])]).toString();
  }
  return '\0';
}
