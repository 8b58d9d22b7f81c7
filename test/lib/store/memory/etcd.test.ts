import { expect } from 'chai';
import { VirtualClock } from '../../../../lib/simulation/virtual-clock.ts';
import { OutcomeUnknown } from '../../../../lib/store/kv.ts';
import { createMemoryEtcd, type Fault } from '../../../../lib/store/memory/index.ts';
import { recordWatch, rejection } from '../watching.ts';

const put = (key: string, value = '') => ({ compare: [], then: [{ put: key, value }] });

describe('the model of etcd', () => {
  it('answers without any timer when it has no latency', async () => {
    const kv = createMemoryEtcd({ clock: new VirtualClock() }).connect();
    await kv.txn(put('a'));
    expect((await kv.range({ key: 'a' })).count).to.equal(1);
  });

  it('takes its latency each way, by the clock handed in', async () => {
    const clock = new VirtualClock();
    const kv = createMemoryEtcd({ clock, latency: () => 10 }).connect();
    let revision = 0;
    void kv.txn(put('a')).then((response) => {
      revision = response.revision;
    });
    await clock.advance(19);
    expect(revision).to.equal(0);
    await clock.advance(1);
    expect(revision).to.equal(2);
  });

  it('delivers the messages of a watch in order, whatever each takes', async () => {
    const clock = new VirtualClock();
    const delays = [50, 3, 40, 1, 30, 2];
    const store = createMemoryEtcd({ clock, latency: () => delays[store.revision % delays.length]! });
    const kv = store.connect();
    const seen = recordWatch(kv, { key: 'a', startRevision: 2 });
    for (let i = 0; i < 20; i++) {
      const written = kv.txn(put('a', String(i)));
      await clock.advance(100);
      await written;
    }
    expect(seen.events.map((event) => event.kv.value.toString())).to.deep.equal([...Array(20).keys()].map(String));
  });

  for (const [fault, landed, outcome] of [
    ['refused', false, 'known'],
    ['lost-request', false, 'unknown'],
    ['lost-reply', true, 'unknown'],
    [{ delayMs: 6000 }, true, 'unknown'],
  ] as [Fault, boolean, string][]) {
    it(`${JSON.stringify(fault)}: a transaction ${landed ? 'lands' : 'does not land'}, its outcome is ${outcome}`, async () => {
      const clock = new VirtualClock();
      const store = createMemoryEtcd({ clock });
      const failed = rejection(store.connect({ fault: () => fault }).txn(put('a')));
      await clock.advance(7000);
      const error = await failed;
      expect(error.code).to.equal('BERTH_STORE_UNAVAILABLE');
      expect(error instanceof OutcomeUnknown).to.equal(outcome === 'unknown');
      expect(store.peek({ key: 'a' }).count).to.equal(landed ? 1 : 0);
    });
  }

  it('lets a late request land after its caller gave up', async () => {
    const clock = new VirtualClock();
    const store = createMemoryEtcd({ clock });
    const failed = rejection(store.connect({ fault: () => ({ delayMs: 6000 }) }).txn(put('a')));
    await clock.advance(5500);
    await failed;
    expect(store.revision).to.equal(1);
    await clock.advance(500);
    expect(store.revision).to.equal(2);
  });

  it('stalls and cuts watches on demand', async () => {
    const clock = new VirtualClock();
    const store = createMemoryEtcd({ clock });
    let fate: Fault = 'none';
    const seen = recordWatch(store.connect({ fault: () => fate }), { key: 'a', startRevision: 2 });
    const writer = store.connect();
    await clock.advance(0);
    fate = { delayMs: 1000 };
    await writer.txn(put('a', '1'));
    await clock.advance(999);
    expect(seen.events).to.have.length(0);
    await clock.advance(1);
    expect(seen.events).to.have.length(1);
    fate = 'lost-reply';
    await writer.txn(put('a', '2'));
    await clock.advance(0);
    expect(seen.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
    expect(seen.events).to.have.length(1);
  });

  for (const [notices, first] of [
    ['ordered', 1],
    ['hasty', 0],
  ] as const) {
    it(`${notices} progress notices come ${first ? 'after' : 'before'} events that are late`, async () => {
      const clock = new VirtualClock();
      const store = createMemoryEtcd({ clock, notices });
      let fate: Fault = 'none';
      const seen = recordWatch(store.connect({ fault: () => fate }), { key: 'a', startRevision: 2 });
      await clock.advance(0);
      fate = { delayMs: 100 };
      await store.connect().txn(put('a'));
      seen.watch.requestProgress();
      await clock.advance(100);
      expect(seen.messages.slice(1).map(({ events, revision }) => [events.length, revision])[0]).to.deep.equal([
        first,
        2,
      ]);
      expect(seen.messages.at(-1)?.revision).to.equal(2);
      expect(seen.events).to.have.length(1);
    });
  }

  it('cuts the watches of one client or of all', async () => {
    const clock = new VirtualClock();
    const store = createMemoryEtcd({ clock });
    const [one, other] = [store.connect(), store.connect()];
    const [seenByOne, seenByOther] = [recordWatch(one, { key: 'a' }), recordWatch(other, { key: 'a' })];
    await clock.advance(0);
    one.disconnect();
    await clock.advance(0);
    expect(seenByOne.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
    expect(seenByOther.error).to.equal(undefined);
    store.disconnect();
    await clock.advance(0);
    expect(seenByOther.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
  });

  it('goes back to a snapshot: keys, revisions and leases', async () => {
    const clock = new VirtualClock();
    const store = createMemoryEtcd({ clock });
    const kv = store.connect();
    const { id: lease } = await kv.grantLease(10);
    await kv.txn({ compare: [], then: [{ put: 'leased', value: '', lease }] });
    const snapshot = store.snapshot();
    await kv.txn(put('later'));
    await kv.txn(put('leased', 'without'));
    const seen = recordWatch(kv, { key: 'later' });
    await clock.advance(0);
    store.restore(snapshot);
    expect(store.revision).to.equal(2);
    expect(store.peek({ key: 'later' }).count).to.equal(0);
    await clock.advance(0);
    expect(seen.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
    await clock.advance(10_000);
    expect(store.peek({ key: 'leased' }).count).to.equal(0);
    store.restore(snapshot);
    expect(store.peek({ key: 'leased' }).count).to.equal(1);
  });

  it('tells observers of every revision, and keeps its history until compaction', async () => {
    const store = createMemoryEtcd({ clock: new VirtualClock() });
    const kv = store.connect();
    const observed: number[] = [];
    const stop = store.observe(({ revision }) => observed.push(revision));
    for (const key of ['a', 'b', 'c']) await kv.txn(put(key));
    stop();
    await kv.txn(put('d'));
    expect(observed).to.deep.equal([2, 3, 4]);
    expect(store.history(4).map(({ revision }) => revision)).to.deep.equal([4, 5]);
    await kv.compact(3);
    expect(store.history().map(({ revision }) => revision)).to.deep.equal([3, 4, 5]);
  });
});
