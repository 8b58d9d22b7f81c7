import { expect } from 'chai';
import { BerthError, type Code } from '../../../lib/errors/index.ts';
import { sleep } from '../../../lib/platform/index.ts';
import {
  type AnyController,
  type Context,
  controller,
  type Result,
  RetryAfter,
  Terminal,
} from '../../../lib/reconcile/index.ts';
import { keys, World } from './support.ts';

type Visit = (key: string, context: Context<'headroom', unknown>) => Promise<Result>;

/** A controller over clouds; what it does is the test's. */
const over = (reconcile: Visit, more: Partial<AnyController> = {}): AnyController => ({
  ...controller({
    name: 'headroom',
    owns: ['headroom'],
    watches: { dockerclouds: ({ id }) => id },
    reconcile,
  }),
  ...more,
});

describe('createManager', () => {
  it('reconciles what is there at the start, what appears, what changes and what goes', async () => {
    const world = new World();
    const seen: string[] = [];
    await world.put('dockerclouds/old', '{}');
    const replica = world.replica([
      over(async (key, { state }) => {
        seen.push(`${key}:${state.get('dockerclouds', key)?.value.toString() ?? 'gone'}`);
      }),
    ]);
    await world.clock.until(() => seen.length === 1, 5000);
    await world.put('dockerclouds/new', 'a');
    await world.clock.until(() => seen.length === 2, 5000);
    await world.put('dockerclouds/new', 'b');
    await world.clock.until(() => seen.length === 3, 5000);
    await world.delete('dockerclouds/new');
    await world.clock.until(() => seen.length === 4, 5000);
    expect(seen).to.deep.equal(['old:{}', 'new:a', 'new:b', 'new:gone']);
    await world.settle(replica.stop());
  });

  it('does not reconcile one key twice at once, nor more keys than it has workers', async () => {
    const world = new World();
    const running = new Set<string>();
    let visits = 0;
    let most = 0;
    const replica = world.replica([
      over(
        async (key, { clock }) => {
          if (running.has(key)) throw new Error('twice at once');
          running.add(key);
          most = Math.max(most, running.size);
          await sleep(clock, 50);
          running.delete(key);
          visits++;
        },
        { workers: 3 },
      ),
    ]);
    for (let round = 0; round < 20; round++) {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await world.put(`dockerclouds/${name}`, `${round}`);
      await world.clock.advance(13);
    }
    await world.clock.advance(1000);
    expect(most).to.equal(3);
    expect(visits).to.be.within(10, 100);
    expect(await replica.registry.metrics()).to.contain('reconcile_errors_total{controller="headroom"} 0');
    await world.settle(replica.stop());
  });

  it('shows a reconcile what the last one of its key wrote', async () => {
    const world = new World();
    const shown: (number | undefined)[] = [];
    const wrote: (number | undefined)[] = [undefined];
    await world.put('dockerclouds/a', '{}');
    const replica = world.replica([
      over(async (key, { state, store }) => {
        shown.push(state.get('headroom', key)?.modRevision);
        if (shown.length > 100) return undefined;
        wrote.push(await store.put('headroom', key, { n: shown.length }));
        return { soon: true };
      }),
    ]);
    await world.clock.until(() => shown.length > 0, 5000);
    // What was written comes back late.
    replica.fault = ({ method }) => (method === 'events' ? { delayMs: 400 } : 'none');
    await world.clock.until(() => shown.length === 10, 60_000);
    expect(shown).to.deep.equal(wrote.slice(0, 10));
    await world.settle(replica.stop());
  });

  const results: [string, () => Result, { visits: number; log: string }][] = [
    ['nothing: done until something changes', () => undefined, { visits: 1, log: 'success' }],
    ['after 1 s: once a second', () => ({ after: 1000 }), { visits: 10, log: 'requeue_after' }],
    ['soon: again, ever more slowly', () => ({ soon: true }), { visits: 11, log: 'requeue' }],
    ['an error: again, ever more slowly', () => fail('BERTH_SSH'), { visits: 11, log: 'error' }],
    ['a conflict: again, a second apart at most', () => fail('BERTH_CONFLICT'), { visits: 16, log: 'requeue' }],
    ['anything else thrown: again', () => throwThis('text'), { visits: 11, log: 'error' }],
    [
      'a failure with a time of its own: again then',
      () => throwThis(new RetryAfter(1000, new BerthError('BERTH_SSH', 'closed'))),
      { visits: 10, log: 'error' },
    ],
    ['a terminal error: not again', () => throwThis(new Terminal('never')), { visits: 1, log: 'error' }],
  ];
  for (const [what, act, expected] of results) {
    it(`${what}`, async () => {
      const world = new World();
      await world.put('dockerclouds/a', '{}');
      let visits = 0;
      const replica = world.replica([
        over(async () => {
          visits++;
          return act();
        }),
      ]);
      await world.clock.until(() => visits === 1, 5000);
      await world.clock.advance(9900);
      expect(visits).to.be.within(expected.visits - 1, expected.visits + 1);
      const metrics = await replica.registry.metrics();
      expect(metrics).to.contain(`reconcile_total{controller="headroom",result="${expected.log}"} ${visits}`);
      await world.settle(replica.stop());
    });
  }

  it('goes on with other keys while one fails, panics or hangs', async () => {
    const world = new World();
    for (const name of ['defect', 'hangs', 'well']) await world.put(`dockerclouds/${name}`, '{}');
    const seen: string[] = [];
    const replica = world.replica([
      over(
        async (key) => {
          seen.push(key);
          if (key === 'defect') return throwThis(new TypeError('undefined is not a function'));
          if (key === 'hangs') await new Promise(() => undefined);
        },
        { workers: 1, timeout: 1000 },
      ),
    ]);
    await world.clock.advance(15_000);
    expect(seen).to.contain('well');
    await world.put('dockerclouds/hangs', 'changed');
    await world.put('dockerclouds/well', 'changed');
    await world.clock.advance(1000);
    expect(seen.filter((key) => key === 'hangs')).to.have.length(1);
    expect(seen.filter((key) => key === 'well')).to.have.length(2);
    expect(await replica.registry.metrics()).to.match(/reconcile_panics_total\{controller="headroom"\} [1-9]/);
    await world.settle(replica.stop());
  });

  it('aborts a reconcile that takes too long, refuses what it writes then, and tries again', async () => {
    const world = new World();
    await world.put('dockerclouds/a', '{}');
    const errors: unknown[] = [];
    const replica = world.replica([
      over(
        async (key, { clock, signal, store }) => {
          await sleep(clock, 5000, signal).catch((error) => errors.push(error));
          await store.put('headroom', key, {});
        },
        { timeout: 1000 },
      ),
    ]);
    await world.clock.advance(3500);
    expect(errors).to.have.length.greaterThan(1);
    expect(errors[0]).to.be.instanceOf(BerthError).with.property('code', 'BERTH_TIMEOUT');
    expect(await world.list('headroom')).to.deep.equal({});
    await world.settle(replica.stop());
  });

  it('looks at every key again each resync, and not at those long gone', async () => {
    const world = new World();
    for (const name of ['a', 'b']) await world.put(`dockerclouds/${name}`, '{}');
    const seen: string[] = [];
    const replica = world.replica([over(async (key) => void seen.push(key), { resync: 60_000 })]);
    await world.clock.advance(5000);
    await world.delete('dockerclouds/b');
    await world.clock.advance(5000);
    seen.length = 0;
    await world.clock.advance(5 * 60_000);
    expect(new Set(seen)).to.deep.equal(new Set(['a']));
    expect(seen.length).to.be.within(4, 6);
    await world.settle(replica.stop());
  });

  it('wakes what stood there before as well as what stands there now', async () => {
    const world = new World();
    const seen: string[] = [];
    const replica = world.replica([
      over(async (key) => void seen.push(key), { watches: { dockerclouds: ({ value }) => value.toString() } }),
    ]);
    await world.put('dockerclouds/a', 'one');
    await world.clock.advance(5000);
    seen.length = 0;
    await world.put('dockerclouds/a', 'two');
    await world.clock.advance(1000);
    expect(seen).to.deep.equal(['one', 'two']);
    await world.settle(replica.stop());
  });

  it('survives a watch that throws', async () => {
    const world = new World();
    const seen: string[] = [];
    const bad = ({ id }: { id: string }) => (id === 'bad' ? throwThis(new Error('no')) : id);
    const replica = world.replica([over(async (key) => void seen.push(key), { watches: { dockerclouds: bad } })]);
    for (const name of ['bad', 'good']) await world.put(`dockerclouds/${name}`, '{}');
    await world.clock.advance(5000);
    expect(seen).to.deep.equal(['good']);
    await world.settle(replica.stop());
  });

  it('runs background work while it leads, again when it throws, and wakes the keys that it names', async () => {
    const world = new World();
    const seen: string[] = [];
    let runs = 0;
    let ended = false;
    const replica = world.replica([
      over(async (key) => void seen.push(key), {
        async background({ wake, signal, clock }) {
          if (++runs < 3) throw new Error('the stream broke');
          wake('hinted');
          await sleep(clock, 1e9, signal).finally(() => {
            ended = true;
          });
        },
      }),
    ]);
    await world.clock.until(() => seen.includes('hinted'), 10_000);
    expect(runs).to.equal(3);
    await world.settle(replica.stop());
    expect(ended).to.equal(true);
  });

  it('tells whether it is ready, and what each controller does', async () => {
    const world = new World();
    const replica = world.replica([over(async () => undefined)]);
    expect(replica.manager.ready()).to.deep.equal({ ready: false, why: 'the records are not all read yet' });
    await world.clock.advance(5000);
    expect(replica.manager.ready().ready).to.equal(true);
    expect(replica.manager.controllers[0]).to.include({ name: 'headroom', role: 'leader' });
    await world.settle(replica.stop());
    expect(replica.manager.ready()).to.deep.equal({ ready: false, why: 'stopping' });
    expect(replica.manager.controllers[0]).to.include({ role: 'stopped' });
  });

  it('lets reconciles finish when it stops, and takes no more', async () => {
    const world = new World();
    for (const name of ['a', 'b']) await world.put(`dockerclouds/${name}`, '{}');
    const done: string[] = [];
    const replica = world.replica([
      over(
        async (key, { clock, signal, store }) => {
          await sleep(clock, 10_000, signal);
          await store.put('headroom', key, {});
          done.push(key);
        },
        { workers: 1 },
      ),
    ]);
    await world.clock.until(() => replica.manager.controllers[0]?.queue.processing === 1, 5000);
    await world.settle(replica.stop(), 30_000);
    expect(done).to.deep.equal(['a']);
    expect(Object.keys(await world.list('headroom'))).to.deep.equal(['a']);
    expect(await world.list('leaders')).to.deep.equal({});
    expect(await world.list('members')).to.deep.equal({});
  });

  it('stops within 30 s whatever its reconciles do', async () => {
    const world = new World();
    await world.put('dockerclouds/a', '{}');
    let aborted = false;
    const replica = world.replica([
      over(async (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        await new Promise(() => undefined);
      }),
    ]);
    await world.clock.until(() => replica.manager.controllers[0]?.queue.processing === 1, 5000);
    await world.settle(replica.stop(), 30_000);
    expect(aborted).to.equal(true);
    expect(await world.list('leaders')).to.deep.equal({});
  });

  it('serves live edits before the rest of a long start', async () => {
    const world = new World();
    for (let i = 0; i < 200; i++) await world.put(`dockerclouds/c-${i}`, '{}');
    const seen: string[] = [];
    const replica = world.replica([
      over(
        async (key, { clock }) => {
          seen.push(key);
          await sleep(clock, 100);
        },
        { workers: 1 },
      ),
    ]);
    await world.clock.until(() => seen.length === 5, 10_000);
    await world.put('dockerclouds/live', '{}');
    await world.clock.until(() => seen.length === 200, 60_000);
    expect(seen.indexOf('live')).to.be.below(10);
    await world.settle(replica.stop());
  });

  it('lets others have their turn while it goes through thousands of keys', async () => {
    const world = new World();
    const names = Array.from({ length: 2000 }, (_, i) => `c-${i}`);
    for (let at = 0; at < names.length; at += 100) {
      const puts = names.slice(at, at + 100).map((name) => ({ put: keys.key('dockerclouds', name), value: '{}' }));
      await world.settle(world.kv.txn({ compare: [], then: puts }));
    }
    let visits = 0;
    let turns = 0;
    const replica = world.replica([
      over(async (_, { clock }) => {
        if (visits++ % 100 === 0) clock.after(0, () => turns++);
      }),
    ]);
    await world.clock.until(() => visits === names.length, 5000);
    expect(turns).to.be.above(5);
    await world.settle(replica.stop());
  });

  it('gives an installation one id, for all replicas and all times', async () => {
    const world = new World();
    const ids: string[] = [];
    await world.put('dockerclouds/a', '{}');
    for (const name of ['one', 'two']) {
      const replica = world.replica([over(async (_, { installation }) => void ids.push(installation))], { name });
      await world.clock.advance(5000);
      await world.settle(replica.stop());
    }
    expect(ids).to.have.length(2);
    expect(new Set(ids).size).to.equal(1);
    expect(ids[0]).to.match(/^[a-z][a-z0-9]{19}$/);
  });
});

function fail(code: Code): never {
  throw new BerthError(code, 'as the test wants it');
}

function throwThis(thrown: unknown): never {
  throw thrown;
}
