import { expect } from 'chai';
import { Registry, requestMetrics } from '../../../lib/metrics/index.ts';
import { silent, sleep } from '../../../lib/platform/index.ts';
import { holdLease } from '../../../lib/reconcile/lease.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';
import type { Kv } from '../../../lib/store/index.ts';
import { createMemoryEtcd, type Fault } from '../../../lib/store/memory/index.ts';

const TTL = 15;

function setUp() {
  const clock = new VirtualClock();
  const etcd = createMemoryEtcd({ clock });
  const state: { fault: Fault } = { fault: 'none' };
  const kv = requestMetrics(new Registry())(etcd.connect({ fault: () => state.fault }), 'memory');
  return {
    clock,
    etcd,
    state,
    kv,
    hold: (over: Kv = kv) => holdLease({ kv: over, clock, log: silent, ttl: TTL, retry: 2000 }),
  };
}

describe('holdLease', () => {
  it('renews a lease for as long as the store answers', async () => {
    const { clock, hold, kv } = setUp();
    const lease = await hold();
    await clock.advance(600_000);
    expect(lease.alive).to.equal(true);
    expect(await kv.keepLeaseAlive(lease.id)).to.equal(TTL);
    await lease.revoke();
    expect(lease.alive).to.equal(false);
    expect(await kv.keepLeaseAlive(lease.id)).to.equal(0);
  });

  it('trusts it for two thirds of the TTL from the last renewal', async () => {
    const { clock, hold, state } = setUp();
    const lease = await hold();
    await clock.advance(5001);
    state.fault = 'lost-request';
    await clock.advance(9998);
    expect(lease.alive).to.equal(true);
    await clock.advance(1);
    expect(lease.alive).to.equal(false);
    expect(lease.lost.aborted).to.equal(true);
  });

  it('counts from when the renewal was sent, not from its answer', async () => {
    const { clock, hold, state, kv } = setUp();
    const lease = await hold({
      ...kv,
      async keepLeaseAlive(id, options) {
        const left = await kv.keepLeaseAlive(id, options);
        await sleep(clock, 4000);
        return left;
      },
    });
    await clock.advance(9001);
    state.fault = 'lost-request';
    await clock.advance(5998);
    expect(lease.alive).to.equal(true);
    await clock.advance(1);
    expect(lease.alive).to.equal(false);
  });

  it('survives renewals that fail for a while', async () => {
    const { clock, hold, state } = setUp();
    const lease = await hold();
    for (let round = 0; round < 20; round++) {
      state.fault = 'refused';
      await clock.advance(7000);
      state.fault = 'none';
      await clock.advance(7000);
    }
    expect(lease.alive).to.equal(true);
    await lease.revoke();
  });

  it('notices at the next renewal that the store has ended it', async () => {
    const { clock, hold, kv } = setUp();
    const lease = await hold();
    await kv.revokeLease(lease.id);
    await clock.advance(5000);
    expect(lease.lost.aborted).to.equal(true);
  });

  it('leaves no timer behind', async () => {
    const { clock, hold } = setUp();
    await (await hold()).revoke();
    expect(clock.next()).to.equal(undefined);
  });
});
