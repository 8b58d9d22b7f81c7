import { expect } from 'chai';
import type { Code } from '../../../../lib/errors/index.ts';
import { cancelled, translate } from '../../../../lib/store/etcd/errors.ts';
import { OutcomeUnknown } from '../../../../lib/store/kv.ts';

/** As seen from grpc-js 1.14 and etcd 3.4. */
const messages: [string, Code, 'known' | 'unknown'][] = [
  ['11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted', 'BERTH_STORE_COMPACTED', 'known'],
  ['11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision', 'BERTH_STORE_COMPACTED', 'known'],
  ['8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded', 'BERTH_STORE_FULL', 'known'],
  ['3 INVALID_ARGUMENT: etcdserver: request is too large', 'BERTH_TOO_LARGE', 'known'],
  ['8 RESOURCE_EXHAUSTED: grpc: received message larger than max (3 vs. 2)', 'BERTH_TOO_LARGE', 'known'],
  ['5 NOT_FOUND: etcdserver: requested lease not found', 'BERTH_STORE_LEASE_GONE', 'known'],
  ['7 PERMISSION_DENIED: etcdserver: permission denied', 'BERTH_STORE_DENIED', 'known'],
  ['16 UNAUTHENTICATED: etcdserver: invalid auth token', 'BERTH_STORE_DENIED', 'known'],
  ['3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password', 'BERTH_STORE_DENIED', 'known'],
  ['3 INVALID_ARGUMENT: etcdserver: user name is empty', 'BERTH_STORE_DENIED', 'known'],
  ['9 FAILED_PRECONDITION: etcdserver: authentication is not enabled', 'BERTH_STORE_DENIED', 'known'],
  [
    '14 UNAVAILABLE: No connection established. Last error: Error: self-signed certificate. Resolution note: ',
    'BERTH_STORE_DENIED',
    'known',
  ],
  ['3 INVALID_ARGUMENT: etcdserver: duplicate key given in txn request', 'BERTH_STORE_INVALID', 'known'],
  ['3 INVALID_ARGUMENT: etcdserver: too many operations in txn request', 'BERTH_STORE_INVALID', 'known'],
  [
    '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1',
    'BERTH_STORE_UNAVAILABLE',
    'known',
  ],
  ['14 UNAVAILABLE: Name resolution failed for target dns:nowhere:2379', 'BERTH_STORE_UNAVAILABLE', 'known'],
  ['8 RESOURCE_EXHAUSTED: etcdserver: too many requests', 'BERTH_STORE_UNAVAILABLE', 'known'],
  ['14 UNAVAILABLE: Connection dropped', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
  ['14 UNAVAILABLE: read ECONNRESET', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
  ['14 UNAVAILABLE: etcdserver: request timed out', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
  ['14 UNAVAILABLE: etcdserver: leader changed', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
  ['4 DEADLINE_EXCEEDED: Deadline exceeded after 5.001s', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
  ['1 CANCELLED: Call cancelled', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
  ['2 UNKNOWN: something that nobody has seen before', 'BERTH_STORE_UNAVAILABLE', 'unknown'],
];

describe('errors of etcd', () => {
  for (const [message, code, outcome] of messages) {
    it(`${message}: ${code}, its effect is ${outcome}`, () => {
      const error = translate(new Error(message), 'once');
      expect(error.code).to.equal(code);
      expect(error instanceof OutcomeUnknown).to.equal(outcome === 'unknown');
      expect(translate(new Error(message), 'repeatable')).not.to.be.instanceOf(OutcomeUnknown);
    });
  }

  it('a watch that etcd cancels says how far it is compacted, or why', () => {
    expect(cancelled('', 12)).to.include({ code: 'BERTH_STORE_COMPACTED' });
    expect(cancelled('', 12).message).to.contain('at least 12');
    expect(cancelled('etcdserver: permission denied', 0).code).to.equal('BERTH_STORE_DENIED');
    expect(cancelled('', 0).code).to.equal('BERTH_STORE_UNAVAILABLE');
  });
});
