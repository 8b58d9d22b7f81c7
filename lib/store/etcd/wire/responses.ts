/**
 * etcd's responses off the wire, as `Kv` has them. Fields of what a message may hold beyond that are passed over.
 * Numbers of fields: etcd's api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto.
 */

import type { KeyValue, RangeResponse, TxnResponse, WatchEvent } from '../../kv.ts';
import { Input } from './input.ts';

/** What comes on the stream of a watch. */
export interface WatchResponse {
  /** Of the store when it was sent. */
  revision: number;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  events: WatchEvent[];
}

const NONE: Buffer = Buffer.alloc(0);

export function rangeResponse(message: Buffer): RangeResponse {
  return range(new Input(message));
}

export function txnResponse(message: Buffer): TxnResponse {
  const input = new Input(message);
  const response: TxnResponse = { succeeded: false, revision: 0, gets: [] };
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 1) response.revision = header(input);
    else if (field === 2) response.succeeded = input.number() !== 0;
    else if (field === 3) response.gets.push(operation(input));
    else input.skip();
  }
  return response;
}

export function watchResponse(message: Buffer): WatchResponse {
  const input = new Input(message);
  const response: WatchResponse = {
    revision: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    events: [],
  };
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 11) response.events.push(event(input));
    else if (field === 1) response.revision = header(input);
    else if (field === 3) response.created = input.number() !== 0;
    else if (field === 4) response.canceled = input.number() !== 0;
    else if (field === 5) response.compactRevision = input.number();
    else if (field === 6) response.cancelReason = input.text();
    else input.skip();
  }
  return response;
}

function range(input: Input): RangeResponse {
  const response: RangeResponse = { revision: 0, kvs: [], more: false, count: 0 };
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 2) response.kvs.push(keyValue(input));
    else if (field === 1) response.revision = header(input);
    else if (field === 3) response.more = input.number() !== 0;
    else if (field === 4) response.count = input.number();
    else input.skip();
  }
  return response;
}

/** @returns what it found, where it was a get */
function operation(input: Input): KeyValue[] {
  let kvs: KeyValue[] = [];
  const outer = input.enter();
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 1) {
      const operation = input.enter();
      kvs = range(input).kvs;
      input.leave(operation);
    } else input.skip();
  }
  input.leave(outer);
  return kvs;
}

/** @returns the revision in it */
function header(input: Input): number {
  let revision = 0;
  const outer = input.enter();
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 3) revision = input.number();
    else input.skip();
  }
  input.leave(outer);
  return revision;
}

function event(input: Input): WatchEvent {
  let type: WatchEvent['type'] = 'put';
  let kv: KeyValue | undefined;
  const outer = input.enter();
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 1) type = input.number() === 0 ? 'put' : 'delete';
    else if (field === 2) kv = keyValue(input);
    else input.skip();
  }
  input.leave(outer);
  if (!kv) throw new RangeError('an event without a key');
  return { type, kv };
}

function keyValue(input: Input): KeyValue {
  const kv: KeyValue = { key: '', value: NONE, createRevision: 0, modRevision: 0, version: 0, lease: '0' };
  const outer = input.enter();
  for (let field = input.field(); field !== 0; field = input.field()) {
    if (field === 1) kv.key = input.text();
    else if (field === 2) kv.createRevision = input.number();
    else if (field === 3) kv.modRevision = input.number();
    else if (field === 4) kv.version = input.number();
    else if (field === 5) kv.value = input.bytes();
    else if (field === 6) kv.lease = input.decimal();
    else input.skip();
  }
  input.leave(outer);
  return kv;
}
