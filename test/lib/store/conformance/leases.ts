import { expect } from 'chai';
import { sleep } from '../../../../lib/platform/index.ts';
import { prefixEnd } from '../../../../lib/store/kv.ts';
import type { Fixture } from '../conformance.ts';
import { recordWatch, rejection, until, write } from '../watching.ts';

export function leaseConformance(use: () => Fixture): void {
  it('has an id and at least the TTL asked for, however short', async () => {
    const { kv } = use();
    const [one, other] = [await kv.grantLease(60), await kv.grantLease(1)];
    expect(one.id).to.match(/^[1-9]\d*$/);
    expect(one.id).not.to.equal(other.id);
    expect([one.ttl, other.ttl]).to.deep.equal([60, 2]);
    await kv.revokeLease(one.id);
    await kv.revokeLease(other.id);
  });

  it('takes all its keys with it when it ends, in one revision', async () => {
    const { kv, prefix } = use();
    const { id: lease } = await kv.grantLease(2);
    await write(kv, { put: `${prefix}a`, value: '', lease }, { put: `${prefix}b`, value: '', lease });
    const seen = recordWatch(kv, { key: prefix, end: prefixEnd(prefix) });
    expect((await kv.range({ key: `${prefix}a` })).kvs[0]?.lease).to.equal(lease);
    await until(() => seen.summary.length === 2, 'the end of the lease');
    expect(seen.summary).to.deep.equal([`delete ${prefix}a`, `delete ${prefix}b`]);
    expect(new Set(seen.events.map((event) => event.kv.modRevision)).size).to.equal(1);
    expect(await kv.keepLeaseAlive(lease)).to.equal(0);
  });

  it('lives as long as it is renewed', async () => {
    const { kv, prefix, store } = use();
    const { id: lease } = await kv.grantLease(2);
    await write(kv, { put: `${prefix}a`, value: '', lease });
    for (let i = 0; i < 4; i++) {
      await sleep(store.clock, 1000);
      expect(await kv.keepLeaseAlive(lease)).to.equal(2);
    }
    expect((await kv.range({ key: `${prefix}a` })).count).to.equal(1);
    await kv.revokeLease(lease);
  });

  it('deletes its keys when revoked; to revoke it again is fine', async () => {
    const { kv, prefix } = use();
    const { id: lease } = await kv.grantLease(60);
    await write(kv, { put: `${prefix}a`, value: '', lease });
    await kv.revokeLease(lease);
    expect((await kv.range({ key: `${prefix}a` })).count).to.equal(0);
    await kv.revokeLease(lease);
    expect(await kv.keepLeaseAlive(lease)).to.equal(0);
  });

  it('leaves alone what was put without it, or with another, afterwards', async () => {
    const { kv, prefix } = use();
    const { id: one } = await kv.grantLease(60);
    const { id: other } = await kv.grantLease(60);
    for (const name of ['a', 'b', 'c']) await write(kv, { put: prefix + name, value: '', lease: one });
    await write(kv, { put: `${prefix}a`, value: '' }, { put: `${prefix}b`, value: '', lease: other });
    await kv.revokeLease(one);
    const names = async () =>
      (await kv.range({ key: prefix, end: prefixEnd(prefix) })).kvs.map(({ key }) => key.slice(prefix.length));
    expect(await names()).to.deep.equal(['a', 'b']);
    await kv.revokeLease(other);
    expect(await names()).to.deep.equal(['a']);
  });

  it('refuses a put with a lease that is gone, and the whole transaction with it', async () => {
    const { kv, prefix } = use();
    const { id: lease } = await kv.grantLease(60);
    await kv.revokeLease(lease);
    const failure = await rejection(
      write(kv, { put: `${prefix}a`, value: '' }, { put: `${prefix}b`, value: '', lease }),
    );
    expect(failure.code).to.equal('BERTH_STORE_LEASE_GONE');
    expect((await kv.range({ key: prefix, end: prefixEnd(prefix) })).count).to.equal(0);
  });

  it('does not matter in the branch that is not taken', async () => {
    const { kv, prefix } = use();
    const { id: lease } = await kv.grantLease(60);
    await kv.revokeLease(lease);
    const { succeeded } = await kv.txn({ compare: [], then: [], else: [{ put: `${prefix}a`, value: '', lease }] });
    expect(succeeded).to.equal(true);
  });
}
