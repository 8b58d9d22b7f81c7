/** etcd's messages, as etcd3 types them, from and to those of `Kv`. 64-bit integers come as decimal strings. */

import type { ICompare, IEvent, IKeyValue, IRangeRequest, IRequestOp, ITxnRequest, ITxnResponse } from 'etcd3';
import type { Comparison, KeyValue, Operation, RangeRequest, TxnRequest, TxnResponse, WatchEvent } from '../kv.ts';

const RESULTS = { '=': 'Equal', '!=': 'NotEqual', '>': 'Greater', '<': 'Less' } as const;

/** Key and, where there is one, end of a range. */
export const toRange = (key: string, end: string | undefined) => ({
  key: Buffer.from(key),
  ...(end !== undefined && { range_end: Buffer.from(end) }),
});

export const toRangeRequest = (request: RangeRequest): IRangeRequest => ({
  ...toRange(request.key, request.end),
  limit: request.limit ?? 0,
  revision: request.revision ?? 0,
  keys_only: request.keysOnly ?? false,
  count_only: request.countOnly ?? false,
  serializable: request.serializable ?? false,
});

export const toTxnRequest = (request: TxnRequest): ITxnRequest => ({
  compare: request.compare.map(toCompare),
  success: request.then.map(toRequestOp),
  failure: (request.else ?? []).map(toRequestOp),
});

function toCompare({ key, end, target, op, value }: Comparison): ICompare {
  const common = { ...toRange(key, end), result: RESULTS[op] };
  switch (target) {
    case 'create':
      return { ...common, target: 'Create', create_revision: value };
    case 'mod':
      return { ...common, target: 'Mod', mod_revision: value };
    case 'version':
      return { ...common, target: 'Version', version: value };
    case 'lease':
      return { ...common, target: 'Lease', lease: value };
  }
}

function toRequestOp(operation: Operation): IRequestOp {
  if ('get' in operation) return { request_range: toRange(operation.get, operation.end) };
  if ('delete' in operation) return { request_delete_range: toRange(operation.delete, operation.end) };
  const { put, value, lease = '0' } = operation;
  return {
    request_put: { key: Buffer.from(put), value: typeof value === 'string' ? Buffer.from(value) : value, lease },
  };
}

export const fromKeyValue = (kv: IKeyValue): KeyValue => ({
  key: kv.key.toString(),
  value: kv.value,
  createRevision: Number(kv.create_revision),
  modRevision: Number(kv.mod_revision),
  version: Number(kv.version),
  lease: kv.lease,
});

export const fromTxnResponse = (response: ITxnResponse): TxnResponse => ({
  succeeded: response.succeeded,
  revision: Number(response.header.revision),
  // Only the member that was sent is there, whatever the declared type says.
  gets: response.responses.map(({ response_range: range }) => range?.kvs.map(fromKeyValue) ?? []),
});

export const fromEvent = ({ type, kv }: IEvent): WatchEvent => ({
  type: type === 'Put' ? 'put' : 'delete',
  kv: fromKeyValue(kv),
});
