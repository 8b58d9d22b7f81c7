import { expect } from 'chai';
import fc from 'fast-check';
import { isCode } from '../../../lib/errors/index.ts';
import { integer, pick, seededRandom } from '../../../lib/platform/index.ts';
import type { Guard, Kind, Operation, Unit } from '../../../lib/store/index.ts';
import type { Call, Fault } from '../../../lib/store/memory/index.ts';
import { absolute, keys, World } from './support.ts';
import { rejection } from './watching.ts';

const OWNS = ['machines', 'effectorresults', 'networkclaims'] as const;

/** The application controller leads, with a cache that is synced. */
async function leading(options: { fault?: (call: Call) => Fault; latency?: number } = {}) {
  const world = new World(options.latency ? { latency: () => options.latency! } : {});
  const cache = world.cache();
  await world.settle(cache.synced());
  const leader = await world.leader('application', OWNS, { cache, ...(options.fault && { fault: options.fault }) });
  await world.clock.advance(10);
  const transactions = () => world.etcd.history().length;
  return { world, cache, ...leader, transactions };
}

const create = (id: string, value: object = {}): Unit<'machines'> => ({ writes: [{ put: 'machines', id, value }] });
const value = (world: World, key: string): unknown => {
  const kv = world.etcd.peek({ key: absolute(key) }).kvs[0];
  return kv && JSON.parse(kv.value.toString());
};

describe('the guarded writer', () => {
  it('creates, updates and deletes what the cache holds, and answers the revision', async () => {
    const { world, cache, store } = await leading();
    const created = await store.put('machines', 'a/b/c', { n: 1 });
    await world.settle(cache.reached(created));
    expect(cache.get('machines', 'a/b/c')?.modRevision).to.equal(created);
    const updated = await store.put('machines', 'a/b/c', { n: 2 });
    expect(updated).to.equal(created + 1);
    expect((await store.read('machines', 'a/b/c'))?.value).to.deep.equal({ n: 2 });
    await world.settle(cache.reached(updated));
    await store.delete('machines', 'a/b/c');
    expect(await store.read('machines', 'a/b/c')).to.equal(undefined);
  });

  it('sends nothing that changes nothing', async () => {
    const { world, cache, store, transactions } = await leading();
    await world.settle(cache.reached(await store.put('machines', 'a/b/c', { n: 1, m: [1] })));
    const before = transactions();
    expect(await store.put('machines', 'a/b/c', { m: [1], n: 1 })).to.equal(cache.revision);
    await store.delete('machines', 'a/b/d');
    await store.commit({
      writes: [{ delete: 'machines', id: 'x/y/z' }],
      guards: [{ unchanged: 'machines', id: 'a/b/c', at: 1 }],
    });
    expect(transactions()).to.equal(before);
  });

  it('compares also what it does not have to write', async () => {
    const { world, cache, store } = await leading();
    await world.settle(cache.reached(await store.put('machines', 'a/b/c', { n: 1 })));
    void world.put('machines/a/b/c', { n: 'changed meanwhile' });
    const unit: Unit<'machines'> = {
      writes: [
        { put: 'machines', id: 'a/b/c', value: { n: 1 } },
        { put: 'machines', id: 'a/b/d', value: {} },
      ],
    };
    // The cache has not seen the change.
    const error = await rejection(store.commit(unit));
    expect(error.code).to.equal('BERTH_CONFLICT');
    expect(value(world, 'machines/a/b/d')).to.equal(undefined);
  });

  it('does not take a value for unchanged while a write of the key is on its way to the cache', async () => {
    const { world, cache, store } = await leading({ latency: 5 });
    await world.settle(cache.reached(await world.settle(store.put('machines', 'a/b/c', { n: 1 }))));
    const second = store.put('machines', 'a/b/c', { n: 2 });
    const third = store.put('machines', 'a/b/c', { n: 1 });
    const refused = rejection(third);
    await world.settle(second);
    expect((await world.settle(refused)).code).to.equal('BERTH_CONFLICT');
    expect(value(world, 'machines/a/b/c')).to.deep.equal({ n: 2 });
  });

  it('sends again a value that is the same but needs another lease', async () => {
    const { world, cache, store } = await leading();
    const { id: lease } = await world.kv.grantLease(60);
    await world.settle(cache.reached(await store.put('effectorresults', 'a/b/c', { n: 1 })));
    const leased = await store.put('effectorresults', 'a/b/c', { n: 1 }, { lease });
    await world.settle(cache.reached(leased));
    expect(cache.get('effectorresults', 'a/b/c')?.lease).to.equal(lease);
    expect(await store.put('effectorresults', 'a/b/c', { n: 1 }, { lease })).to.equal(leased);
    expect(await store.put('effectorresults', 'a/b/c', { n: 1 })).to.be.above(leased);
  });

  const guards: [string, Guard, string[], boolean][] = [
    ['an unchanged key that changed', { unchanged: 'schedulable', id: 'a' }, ['schedulable/a'], false],
    ['an unchanged key that appeared', { unchanged: 'schedulable', id: 'b' }, ['schedulable/b'], false],
    ['an unchanged key beside one that changed', { unchanged: 'schedulable', id: 'a' }, ['schedulable/c'], true],
    ['a key at a revision that it does not have', { unchanged: 'schedulable', id: 'a', at: 1 }, [], false],
    ['an absent key that is there', { absent: 'observed', id: 'h/a/b/c' }, ['observed/h/a/b/c'], false],
    ['an absent key', { absent: 'observed', id: 'h/a/b/c' }, ['observed/h/a/b/d'], true],
    ['an empty range that is not', { empty: 'observed', under: 'h' }, ['observed/h/a/b/c'], false],
    ['an empty range beside another', { empty: 'observed', under: 'h' }, ['observed/h-2/a/b/c'], true],
    ['a range settled where a key appeared', { settled: 'hosts', under: 'a' }, ['hosts/a/h-1'], false],
    ['a range settled where a key came beside it', { settled: 'hosts', under: 'a' }, ['hosts/b/h-1'], true],
    ['a range settled since nothing', { settled: 'schedulable', under: 'a', since: 0 }, [], true],
  ];
  for (const [what, guard, changed, lands] of guards) {
    it(`${lands ? 'lands with' : 'refuses'} ${what}`, async () => {
      const { world, cache, store } = await leading();
      await world.settle(cache.reached(await world.put('schedulable/a', { hosts: 1 })));
      const writing = world.clock.advance(0);
      // Behind the back of the cache: the deciding read is in the transaction.
      const operations = changed.map((key) => ({ put: absolute(key), value: '{}' }));
      void world.kv.txn({ compare: [], then: operations });
      const outcome = await store.commit({ ...create('a/b/c'), guards: [guard] }).catch((error) => error.code);
      await writing;
      if (lands) expect(outcome).to.be.a('number');
      else expect(outcome).to.equal('BERTH_CONFLICT');
      expect(value(world, 'machines/a/b/c') !== undefined).to.equal(lands);
    });
  }

  it('takes a range for settled until a key of it is put, whatever is deleted', async () => {
    const { world, cache, store } = await leading();
    for (const host of ['h-1', 'h-2']) await world.settle(cache.reached(await world.put(`hosts/a/${host}`, {})));
    const since = cache.get('hosts', 'a/h-2')!.modRevision;
    const guards: Guard[] = [{ settled: 'hosts', under: 'a', since }];
    const behind = (operation: Operation) => world.settle(world.kv.txn({ compare: [], then: [operation] }));
    await behind({ delete: absolute('hosts/a/h-2') });
    expect(await world.settle(store.commit({ ...create('a/b/c'), guards }))).to.be.above(since);
    await behind({ put: absolute('hosts/a/h-1'), value: '{}' });
    const refused = await world.settle(rejection(store.commit({ ...create('a/b/d'), guards })));
    expect(refused.code).to.equal('BERTH_CONFLICT');
    expect(refused.message).to.include('newer');
    expect(value(world, 'machines/a/b/d')).to.equal(undefined);
  });

  it('writes only what its controller owns', async () => {
    const { world, cache } = await leading();
    const { store: greedy } = await world.leader('headroom', ['machines', 'headroom'], { cache });
    expect((await rejection(greedy.put('machines', 'a/b/c', {}))).code).to.equal('BERTH_NOT_OWNER');
    expect(await greedy.put('headroom', 'a', {})).to.be.a('number');
    // Types forbid it where they are known.
    const { store: wide } = await world.leader<Kind>('application', ['machines'], { cache });
    expect((await rejection(wide.put('effectorresults', 'a/b/c', {}))).code).to.equal('BERTH_NOT_OWNER');
  });

  it('refuses values and units that etcd would not take', async () => {
    const { store } = await leading();
    const large = (bytes: number) => ({ text: 'x'.repeat(bytes) });
    expect((await rejection(store.put('machines', 'a/b/c', large(2 ** 20)))).code).to.equal('BERTH_TOO_LARGE');
    expect(await store.put('machines', 'a/b/c', large(2 ** 20 - 11))).to.be.a('number');
    const two = ['d', 'e'].map((name) => ({ put: 'machines' as const, id: `a/b/${name}`, value: large(900_000) }));
    expect((await rejection(store.commit({ writes: two }))).code).to.equal('BERTH_TOO_LARGE');
    const many = (count: number) =>
      [...Array(count).keys()].map((n) => ({ put: 'machines' as const, id: `a/b/${n}`, value: {} }));
    expect((await rejection(store.commit({ writes: many(121) }))).code).to.equal('BERTH_INTERNAL');
    // The largest one is one transaction, the leader's key included.
    expect(await store.commit({ writes: many(120) })).to.be.a('number');
    const twice = [0, 1].map((n) => ({ put: 'machines' as const, id: 'a/b/c', value: { n } }));
    expect((await rejection(store.commit({ writes: twice }))).code).to.equal('BERTH_INTERNAL');
    expect((await rejection(store.put('machines', 'a/b', {}))).code).to.equal('BERTH_BAD_KEY');
  });

  it('packs the units of a turn, and no unit that fails takes another with it', async () => {
    const { world, store, transactions } = await leading();
    await world.put('machines/a/b/5', { foreign: true });
    const before = transactions();
    const outcomes = await world.settle(
      Promise.allSettled([...Array(100).keys()].map((n) => store.put('machines', `a/b/${n}`, { n }, { guards: [] }))),
    );
    // The cache had not seen key 5: its unit fails, the other 99 land in one transaction.
    expect(outcomes.filter(({ status }) => status === 'rejected').length).to.be.at.most(1);
    expect(transactions() - before).to.be.at.most(2);
    expect(world.etcd.peek(keys.range('machines')).count).to.equal(100);
  });

  it('keeps to 128 comparisons and operations, and to units in one piece', async () => {
    const { world, store } = await leading({ latency: 2 });
    const units = [...Array(200).keys()].map((n) =>
      store.commit({
        writes: [0, 1, 2].map((part) => ({ put: 'machines' as const, id: `a/${n}/${part}`, value: { n } })),
        guards: [{ absent: 'observed', id: `h/a/b/${n}` }],
      }),
    );
    const revisions = await world.settle(Promise.all(units));
    for (const [n, revision] of revisions.entries()) {
      for (const part of [0, 1, 2]) {
        expect(world.etcd.peek({ key: absolute(`machines/a/${n}/${part}`) }).kvs[0]?.modRevision).to.equal(revision);
      }
    }
    expect(new Set(revisions).size).to.be.within(7, 9);
  });

  it('lets a unit that hangs hold nobody else up for long', async () => {
    let first = true;
    const { world, store } = await leading({
      fault({ method }) {
        if (method !== 'txn' || !first) return 'none';
        first = false;
        return 'lost-request';
      },
    });
    const hanging = store.put('machines', 'a/b/c', {});
    await world.clock.advance(1);
    const start = world.clock.monotonic();
    await world.settle(store.put('machines', 'a/b/d', {}));
    expect(world.clock.monotonic() - start).to.be.at.most(20);
    await world.settle(hanging);
  });

  it('counts a write whose reply was lost as landed, once', async () => {
    for (const fault of ['lost-reply', 'lost-request', { delayMs: 5_050 }] satisfies Fault[]) {
      let times = 1;
      const { world, store } = await leading({
        fault: ({ method }) => (method === 'txn' && times-- > 0 ? fault : 'none'),
      });
      const revision = await world.settle(store.put('machines', 'a/b/c', { n: 1 }));
      const kv = world.etcd.peek({ key: absolute('machines/a/b/c') }).kvs[0];
      expect(kv).to.include({ modRevision: revision, version: 1 });
    }
  });

  it('finds out about deletions whose reply was lost', async () => {
    let times = 0;
    const { world, cache, store } = await leading({
      fault: ({ method }) => (method === 'txn' && times-- > 0 ? 'lost-reply' : 'none'),
    });
    await world.settle(cache.reached(await store.put('machines', 'a/b/c', {})));
    times = 1;
    const revision = await world.settle(store.delete('machines', 'a/b/c'));
    expect(value(world, 'machines/a/b/c')).to.equal(undefined);
    await world.settle(cache.reached(revision));
    expect(cache.get('machines', 'a/b/c')).to.equal(undefined);
  });

  it('gives up after half a minute without an answer', async () => {
    const { world, store } = await leading({ fault: ({ method }) => (method === 'txn' ? 'refused' : 'none') });
    const start = world.clock.monotonic();
    const error = await world.settle(rejection(store.put('machines', 'a/b/c', {})));
    expect(error.code).to.equal('BERTH_STORE_UNAVAILABLE');
    expect(world.clock.monotonic() - start).to.be.within(25_000, 35_000);
  });

  it('writes nothing once another leads, and says so', async () => {
    const { world, store } = await leading();
    await world.delete('leaders/application');
    await world.put('leaders/application', { identity: 'other' });
    const errors = await world.settle(
      Promise.all([rejection(store.put('machines', 'a/b/c', {})), rejection(store.put('machines', 'a/b/d', {}))]),
    );
    expect(errors.map(({ code }) => code)).to.deep.equal(['BERTH_NOT_LEADER', 'BERTH_NOT_LEADER']);
    expect(world.etcd.peek(keys.range('machines')).count).to.equal(0);
  });

  it('sends nothing any more when its own clock says that the lead may be lost', async () => {
    let down = true;
    const { world, store, lose } = await leading({
      fault: ({ method }) => (method === 'txn' && down ? 'refused' : 'none'),
    });
    const waiting = rejection(store.put('machines', 'a/b/c', {}));
    await world.clock.advance(1000);
    lose();
    down = false;
    expect((await world.settle(waiting)).code).to.equal('BERTH_NOT_LEADER');
    expect((await rejection(store.put('machines', 'a/b/d', {}))).code).to.equal('BERTH_NOT_LEADER');
    expect(world.etcd.peek(keys.range('machines')).count).to.equal(0);
  });

  it('does not let a dead lease fail the neighbours', async () => {
    const { world, store } = await leading();
    const outcomes = await world.settle(
      Promise.allSettled([
        store.put('machines', 'a/b/1', {}),
        store.put('machines', 'a/b/2', {}, { lease: '12345' }),
        store.put('machines', 'a/b/3', {}),
      ]),
    );
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('keeps the order of units on one key', async () => {
    const { world, cache, store } = await leading({ latency: 3 });
    const first = await world.settle(store.put('machines', 'a/b/c', { n: 0 }));
    await world.settle(cache.reached(first));
    const steps = [1, 2, 3].map((n) =>
      // Each expects what the one before it makes: only in this order do all of them land.
      store.commit({ writes: [{ put: 'machines', id: 'a/b/c', value: { n }, expect: first + n - 1 }] }),
    );
    expect(await world.settle(Promise.all(steps))).to.deep.equal([first + 1, first + 2, first + 3]);
  });

  it('lets a unit that relies on a key wait for the unit before it that writes the key', async () => {
    const { world, store } = await leading({ latency: 3 });
    const written = store.put('machines', 'a/b/c', {});
    const absent = rejection(store.commit({ ...create('a/b/d'), guards: [{ absent: 'machines', id: 'a/b/c' }] }));
    const empty = rejection(store.commit({ ...create('a/b/e'), guards: [{ empty: 'machines', under: 'a/b' }] }));
    await world.settle(written);
    expect((await world.settle(absent)).code).to.equal('BERTH_CONFLICT');
    expect((await world.settle(empty)).code).to.equal('BERTH_CONFLICT');
  });

  it('has a write read back as soon as its own prefix shows it', async () => {
    const { world, cache, store } = await leading({ latency: 3 });
    const revision = await world.settle(store.put('machines', 'a/b/c', {}));
    const start = world.clock.monotonic();
    await world.settle(cache.reached(revision));
    expect(world.clock.monotonic() - start).to.be.below(10);
    expect(cache.get('machines', 'a/b/c')?.modRevision).to.equal(revision);
  });

  it('loses and doubles no write, and lands none under another lead, whatever happens to messages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        const random = seededRandom(seed);
        let trouble = 0;
        const fault = (): Fault => {
          if (random.next() >= trouble) return 'none';
          return pick<Fault>(random, ['refused', 'lost-request', 'lost-reply', { delayMs: integer(random, 20_000) }]);
        };
        const world = new World({ seed, latency: () => 1 + integer(random, 5) });
        const cache = world.cache();
        await world.settle(cache.synced());
        const { store, lose } = await world.leader('application', OWNS, { cache, fault });
        await world.clock.advance(100);

        /** The values that each write left behind, by how it ended. */
        const ended = new Map<number, 'landed' | 'refused' | 'unknown'>();
        let writes = 0;
        const write = async (): Promise<void> => {
          const n = writes++;
          const id = `a/b/${integer(random, 6)}`;
          try {
            await store.put('machines', id, { n });
            ended.set(n, 'landed');
          } catch (error) {
            ended.set(n, isCode(error, 'BERTH_CONFLICT') ? 'refused' : 'unknown');
          }
        };
        const running: Promise<void>[] = [];
        for (let step = 0; step < 40; step++) {
          trouble = random.next() < 0.5 ? random.next() * 0.7 : 0;
          for (let i = integer(random, 5); i > 0; i--) running.push(write());
          if (random.next() < 0.1) world.etcd.disconnect();
          await world.clock.advance(integer(random, 3000));
        }
        // Another takes over while writes are on their way.
        await world.delete('leaders/application');
        const takenOver = await world.put('leaders/application', { identity: 'other' });
        for (let i = 0; i < 5; i++) running.push(write());
        await world.clock.advance(integer(random, 10_000));
        lose();
        trouble = 0;
        await world.settle(Promise.all(running));
        await world.clock.advance(120_000);

        const landings = new Map<number, number>();
        for (const { revision, events } of world.etcd.history()) {
          for (const { type, kv } of events) {
            if (type !== 'put' || !kv.key.startsWith(keys.range('machines').key)) continue;
            const { n } = JSON.parse(kv.value.toString());
            landings.set(n, (landings.get(n) ?? 0) + 1);
            expect(revision, 'a write after the lead was lost').to.be.below(takenOver);
          }
        }
        for (const [n, outcome] of ended) {
          const times = landings.get(n) ?? 0;
          if (outcome === 'landed') expect(times, `write ${n}`).to.equal(1);
          else expect(times, `write ${n}, ${outcome}`).to.be.at.most(1);
        }
        expect(ended.size).to.equal(writes);
        cache.stop();
      }),
      { numRuns: 40 },
    );
  });
});
