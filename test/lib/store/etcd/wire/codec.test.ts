import { expect } from 'chai';
import { Etcd3 } from 'etcd3';
import fc from 'fast-check';
import { Requests } from '../../../../../lib/store/etcd/wire/requests.ts';
import { rangeResponse, txnResponse, watchResponse } from '../../../../../lib/store/etcd/wire/responses.ts';
import type { Comparison, KeyValue, Operation, RangeRequest } from '../../../../../lib/store/index.ts';

/** How etcd3 itself writes and reads a message, by the proto that comes with it. */
interface Method {
  requestSerialize(message: object): Buffer;
  requestDeserialize(bytes: Buffer): object;
  responseSerialize(message: object): Buffer;
}

const isService = (made: unknown): made is { service: Record<string, Method> } =>
  typeof made === 'function' && 'service' in made;

class WithServices extends Etcd3 {
  /** The methods of one of etcd's services. */
  methods(name: 'KV' | 'Watch'): Promise<Record<string, Method>> {
    return this.pool.withConnection(name, ({ client }) => {
      if (!isService(client.constructor)) throw new Error('etcd3 keeps its services elsewhere');
      return client.constructor.service;
    });
  }
}

const REVISION = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1),
  fc.maxSafeNat(),
);
const LEASE = fc.oneof(fc.constantFrom('0', '1', '9223372036854775807'), fc.bigInt(0n, 2n ** 63n - 1n).map(String));
/** Some of it near the lengths at which a length takes one byte more, in ASCII and in what takes up to four bytes. */
const TEXT = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc
    .tuple(fc.constantFrom('a', 'ü', '漢', '🚢'), fc.constantFrom(30, 42, 60, 120, 127, 128, 5_460, 16_370, 16_384))
    .map(([one, times]) => one.repeat(times)),
);
const BYTES = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const RANGE = { end: TEXT };

const comparison: fc.Arbitrary<Comparison> = fc.record(
  {
    key: TEXT,
    ...RANGE,
    target: fc.constantFrom('create', 'mod', 'version', 'lease'),
    op: fc.constantFrom('=', '!=', '>', '<'),
    value: fc.oneof(REVISION, LEASE, fc.integer({ min: -5, max: -1 })),
  },
  { requiredKeys: ['key', 'target', 'op', 'value'] },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ put: TEXT, value: fc.oneof(TEXT, BYTES), lease: LEASE }, { requiredKeys: ['put', 'value'] }),
  fc.record({ delete: TEXT, ...RANGE }, { requiredKeys: ['delete'] }),
  fc.record({ get: TEXT, ...RANGE }, { requiredKeys: ['get'] }),
);
const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: TEXT,
  value: BYTES,
  createRevision: REVISION,
  modRevision: REVISION,
  version: REVISION,
  lease: LEASE,
});

describe('the codec of what is written and watched', () => {
  const etcd = new WithServices({ hosts: '127.0.0.1:1' });
  const requests = new Requests();
  let kv: Record<string, Method>;
  let watch: Record<string, Method>;
  before(async () => {
    kv = await etcd.methods('KV');
    watch = await etcd.methods('Watch');
  });
  after(() => etcd.close());

  it('writes transactions that etcd reads as those of etcd3', () =>
    fc.assert(
      fc.property(
        fc.array(comparison, { maxLength: 8 }),
        fc.array(operation, { maxLength: 8 }),
        fc.array(operation, { maxLength: 3 }),
        (compare, then, otherwise) => {
          const { requestSerialize, requestDeserialize } = kv.Txn!;
          const theirs = { compare: compare.map(toCompare), success: then.map(toOp), failure: otherwise.map(toOp) };
          const ours = requests.txn({ compare, then, else: otherwise });
          expect(requestDeserialize(ours)).to.deep.equal(requestDeserialize(requestSerialize(theirs)));
        },
      ),
    ));

  it('writes one that is larger than any before it', () => {
    const value = 'x'.repeat(1_000_000);
    const read = kv.Txn!.requestDeserialize(requests.txn({ compare: [], then: [{ put: 'k', value }] }));
    expect(read).to.have.nested.property('success[0].request_put.value').that.deep.equals(Buffer.from(value));
  });

  it('writes a whole message after one that could not be written', () => {
    const broken: Comparison = { key: 'k', target: 'lease', op: '=', value: 'no number' };
    expect(() => requests.txn({ compare: [broken], then: [] })).to.throw(SyntaxError);
    expect(requests.txn({ compare: [], then: [] })).to.have.length(0);
  });

  it('writes reads and watches that etcd reads as those of etcd3', () => {
    const flag = fc.boolean();
    const request: fc.Arbitrary<RangeRequest> = fc.record(
      { key: TEXT, ...RANGE, limit: REVISION, revision: REVISION, keysOnly: flag, countOnly: flag, serializable: flag },
      { requiredKeys: ['key'] },
    );
    fc.assert(
      fc.property(request, (request) => {
        const { key, end, limit, revision, keysOnly, countOnly, serializable } = request;
        const flags = { keys_only: keysOnly, count_only: countOnly, serializable };
        const theirs = kv.Range!.requestSerialize({ ...toRange(key, end), limit, revision, ...flags });
        const read = kv.Range!.requestDeserialize;
        expect(read(requests.range(request))).to.deep.equal(read(theirs));

        const opened = { ...toRange(key, end), start_revision: revision, progress_notify: true };
        const watching = { key, ...(end !== undefined && { end }), startRevision: revision ?? 0 };
        const { requestSerialize, requestDeserialize } = watch.Watch!;
        expect(requestDeserialize(requests.watch(watching))).to.deep.equal(
          requestDeserialize(requestSerialize({ create_request: opened })),
        );
      }),
    );
    const { requestSerialize, requestDeserialize } = watch.Watch!;
    expect(requestDeserialize(requests.watch('progress'))).to.deep.equal(
      requestDeserialize(requestSerialize({ progress_request: {} })),
    );
  });

  it('reads what transactions and reads answer', () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(keyValue, { maxLength: 3 })),
        REVISION,
        fc.boolean(),
        (gets, revision, succeeded) => {
          const header = { cluster_id: '18446744073709551615', member_id: '1', revision, raft_term: '2' };
          const found = gets.map((kvs) => ({
            response_range: { header, kvs: kvs.map(toKeyValue), count: kvs.length },
          }));
          const others = [{ response_put: { header } }, { response_delete_range: { deleted: 7 } }];
          const txn = kv.Txn!.responseSerialize({ header, succeeded, responses: [...found, ...others] });
          expect(txnResponse(txn)).to.deep.equal({ succeeded, revision, gets: [...gets, [], []] });

          const [kvs = []] = gets;
          const range = { header, kvs: kvs.map(toKeyValue), more: succeeded, count: revision };
          const read = rangeResponse(kv.Range!.responseSerialize(range));
          expect(read).to.deep.equal({ revision, kvs, more: succeeded, count: revision });
        },
      ),
    ));

  it('reads what a watch says', () => {
    const event = fc.record({ type: fc.constantFrom('put' as const, 'delete' as const), kv: keyValue });
    const response = fc.record({
      revision: REVISION,
      created: fc.boolean(),
      canceled: fc.boolean(),
      compactRevision: REVISION,
      cancelReason: fc.string(),
      events: fc.array(event),
    });
    fc.assert(
      fc.property(response, (said) => {
        const bytes = watch.Watch!.responseSerialize({
          header: { cluster_id: '1', revision: said.revision },
          watch_id: '-1',
          created: said.created,
          canceled: said.canceled,
          compact_revision: said.compactRevision,
          cancel_reason: said.cancelReason,
          events: said.events.map(({ type, kv }) => ({
            type: type === 'put' ? 'Put' : 'Delete',
            kv: toKeyValue(kv),
            prev_kv: toKeyValue(kv),
          })),
        });
        expect(watchResponse(bytes)).to.deep.equal(said);
      }),
    );
  });

  it('refuses a message that ends in the middle', () => {
    const kvs = [{ key: Buffer.from('key'), value: Buffer.from('value'), mod_revision: 300 }];
    const whole = kv.Range!.responseSerialize({ header: { revision: 300 }, kvs });
    const fields = new Set([0, whole.length]);
    for (let length = 0; length < whole.length; length++) {
      try {
        rangeResponse(whole.subarray(0, length));
        fields.add(length);
      } catch (error) {
        expect(error).to.be.instanceOf(RangeError);
      }
    }
    // Between two fields a message may end.
    expect([...fields].sort((a, b) => a - b)).to.deep.equal([0, 5, whole.length]);
  });
});

const RESULTS = { '=': 'Equal', '!=': 'NotEqual', '>': 'Greater', '<': 'Less' };
const TARGETS = { create: 'Create', mod: 'Mod', version: 'Version', lease: 'Lease' };
const FIELDS = { create: 'create_revision', mod: 'mod_revision', version: 'version', lease: 'lease' };

const toRange = (key: string, end: string | undefined) => ({
  key: Buffer.from(key),
  ...(end !== undefined && { range_end: Buffer.from(end) }),
});

const toCompare = ({ key, end, target, op, value }: Comparison) => ({
  ...toRange(key, end),
  result: RESULTS[op],
  target: TARGETS[target],
  [FIELDS[target]]: value,
});

function toOp(operation: Operation): object {
  if ('get' in operation) return { request_range: toRange(operation.get, operation.end) };
  if ('delete' in operation) return { request_delete_range: toRange(operation.delete, operation.end) };
  const { put, value, lease } = operation;
  return { request_put: { key: Buffer.from(put), value: Buffer.from(value), ...(lease !== undefined && { lease }) } };
}

const toKeyValue = ({ key, value, createRevision, modRevision, version, lease }: KeyValue) => ({
  key: Buffer.from(key),
  value,
  create_revision: createRevision,
  mod_revision: modRevision,
  version,
  lease,
});
