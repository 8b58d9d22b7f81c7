import { expect } from 'chai';
import fc from 'fast-check';
import { integer, pick, seededRandom } from '../../../lib/platform/index.ts';
import type { Fault } from '../../../lib/store/memory/index.ts';
import { timing } from '../../../lib/store/reflector.ts';
import { absolute, heldBy, recordChanges, World } from './support.ts';

const host = (cloud: string) => ({ cloud });

describe('the watch cache', () => {
  it('lists what is there, then follows what happens, in batches that it holds already', async () => {
    const world = new World();
    await world.put('hosts/a/h-1', host('a'));
    await world.put('dockerclouds/a', 'kind: DockerCloud');
    const cache = world.cache();
    const seen: string[] = [];
    cache.subscribe((changes, { initial, revision }) => {
      for (const { kind, id, after } of changes) expect(cache.get(kind, id)).to.equal(after);
      seen.push(`${initial ? 'list' : 'event'} at ${revision}: ${changes.map(({ id }) => id)}`);
    });
    await world.settle(cache.synced());
    await world.put('hosts/a/h-2', host('a'));
    await world.delete('hosts/a/h-1');
    await world.clock.advance(10);
    expect(seen).to.deep.equal(['list at 3: a,a/h-1', 'event at 4: a/h-2', 'event at 5: a/h-1']);
    expect(cache.get('hosts', 'a/h-2')?.value).to.deep.equal(host('a'));
    expect(cache.get('dockerclouds', 'a')?.value.toString()).to.equal('kind: DockerCloud');
    expect(cache.revision).to.equal(5);
  });

  it('answers by kind, by leading segments and by index, ordered by id', async () => {
    const world = new World();
    for (const id of ['b/h-3', 'a/h-2', 'a-2/h-4', 'a/h-1']) await world.put(`hosts/${id}`, host(id.split('/')[0]!));
    await world.put('assignments/h-2/default/shop/web-0', { uid: 'u2', cloud: 'a' });
    await world.put('assignments/h-1/default/shop/web-0', { uid: 'u1', cloud: 'a' });
    await world.put('assignments/h-1/default/shop/web-1', { uid: 'u3', cloud: 'b' });
    const cache = world.cache();
    await world.settle(cache.synced());
    const ids = (entries: { id: string }[]) => entries.map(({ id }) => id);
    expect(ids(cache.list('hosts'))).to.deep.equal(['a-2/h-4', 'a/h-1', 'a/h-2', 'b/h-3']);
    expect(ids(cache.list('hosts', 'a'))).to.deep.equal(['a/h-1', 'a/h-2']);
    expect(ids(cache.list('hosts', 'a/h-1'))).to.deep.equal(['a/h-1']);
    expect(ids(cache.by('hosts', 'name', 'h-4'))).to.deep.equal(['a-2/h-4']);
    expect(ids(cache.by('assignments', 'container', 'default/shop/web-0'))).to.deep.equal([
      'h-1/default/shop/web-0',
      'h-2/default/shop/web-0',
    ]);
    expect(ids(cache.by('assignments', 'uid', 'u3'))).to.deep.equal(['h-1/default/shop/web-1']);
    expect(ids(cache.by('assignments', 'cloud', 'b'))).to.deep.equal(['h-1/default/shop/web-1']);

    await world.put('assignments/h-1/default/shop/web-1', { uid: 'u4', cloud: 'a' });
    await world.delete('assignments/h-2/default/shop/web-0');
    await world.clock.advance(10);
    expect(ids(cache.by('assignments', 'uid', 'u3'))).to.deep.equal([]);
    expect(ids(cache.by('assignments', 'cloud', 'a')).length).to.equal(2);
    expect(ids(cache.by('assignments', 'container', 'default/shop/web-0'))).to.deep.equal(['h-1/default/shop/web-0']);
  });

  it('keeps out what is no record, says so, and takes it in once it is one', async () => {
    const world = new World();
    await world.put('hosts/c/a/b', '{}');
    await world.put('hosts/a/h-1', '{broken');
    const cache = world.cache();
    await world.settle(cache.synced());
    const problems = () => cache.strays().map(({ key, kind, problem }) => `${key} ${kind}: ${problem.slice(0, 10)}`);
    expect(problems()).to.deep.equal([
      '/berth/v1/hosts/a/h-1 hosts: not JSON',
      '/berth/v1/hosts/c/a/b hosts: 3 segments',
    ]);
    let news = 0;
    cache.subscribe((_, { straysChanged }) => {
      if (straysChanged) news++;
    });
    await world.put('hosts/a/h-1', host('a'));
    await world.delete('hosts/c/a/b');
    await world.clock.advance(10);
    expect(problems()).to.deep.equal([]);
    expect(news).to.equal(2);
    await world.put('hosts/a/h-1', 'broken again');
    await world.clock.advance(10);
    expect(cache.get('hosts', 'a/h-1')).to.equal(undefined);
    expect(problems().length).to.equal(1);
  });

  it('lists again after a disconnect and makes up the deletions that it missed', async () => {
    const world = new World();
    let connected = true;
    const cache = world.cache({ fault: () => (connected ? 'none' : 'refused') });
    await world.put('hosts/a/h-1', host('a'));
    await world.put('hosts/a/h-2', host('a'));
    await world.settle(cache.synced());
    const batches = recordChanges(cache);
    connected = false;
    world.etcd.disconnect();
    await world.delete('hosts/a/h-1');
    const moved = await world.put('hosts/a/h-2', host('b'));
    await world.kv.compact(moved);
    await world.clock.advance(60_000);
    expect(batches).to.deep.equal([]);
    connected = true;
    await world.clock.advance(60_000);
    expect(batches).to.deep.equal([['~hosts/a/h-2', '-hosts/a/h-1']]);
    expect(cache.revision).to.equal(moved);
  });

  it('disturbs nobody when a restart of the watch missed nothing', async () => {
    const world = new World();
    await world.put('hosts/a/h-1', host('a'));
    const cache = world.cache();
    await world.settle(cache.synced());
    const before = cache.get('hosts', 'a/h-1');
    const batches = recordChanges(cache);
    world.etcd.disconnect();
    await world.clock.advance(60_000);
    expect(cache.health().map(({ lists }) => lists)).to.deep.equal([2, 2, 2]);
    expect(batches).to.deep.equal([]);
    expect(cache.get('hosts', 'a/h-1')).to.equal(before);
  });

  it('ends each watch within ten minutes and goes on from its cursor without a list', async () => {
    const world = new World({ latency: () => 1 });
    const cache = world.cache();
    await world.settle(cache.synced());
    for (let minute = 0; minute < 60; minute++) {
      await world.put(`hosts/a/h-${minute}`, host('a'));
      // Old revisions go all the time, as an etcd of berth's own does it.
      if (minute % 5 === 4) await world.settle(world.kv.compact(world.etcd.revision));
      await world.clock.advance(60_000);
    }
    expect(cache.list('hosts').length).to.equal(60);
    for (const { lists, watches } of cache.health()) {
      expect(lists).to.equal(1);
      expect(watches).to.be.within(7, 13);
    }
  });

  it('gives a silent watch up and lists again', async () => {
    const world = new World();
    let silent = false;
    const cache = world.cache({ fault: ({ method }) => (silent && method === 'events' ? { delayMs: 1e9 } : 'none') });
    await world.settle(cache.synced());
    silent = true;
    await world.put('hosts/a/h-1', host('a'));
    await world.clock.advance(timing.idle);
    expect(cache.get('hosts', 'a/h-1')).to.equal(undefined);
    await world.clock.advance(timing.grace + timing.backoff.first);
    expect(cache.get('hosts', 'a/h-1')?.value).to.deep.equal(host('a'));
    expect(cache.health()[0]?.lastFailure).to.match(/^silent for/);
  });

  it('is not alarmed by a quiet store', async () => {
    const world = new World({ latency: () => 5 });
    const cache = world.cache();
    await world.clock.advance(3_600_000);
    for (const { lists, ageMs } of cache.health()) {
      expect(lists).to.equal(1);
      expect(ageMs).to.be.at.most(timing.idle + timing.grace);
    }
  });

  it('waits between failed lists, longer each time, up to half a minute', async () => {
    const world = new World();
    const attempts: number[] = [];
    const cache = world.cache({
      fault(call) {
        if (call.method !== 'range' || call.request.key !== '/berth/v1/') return 'none';
        attempts.push(world.clock.monotonic());
        return 'refused';
      },
    });
    await world.clock.advance(300_000);
    const pauses = attempts.slice(1).map((at, i) => at - attempts[i]!);
    expect(pauses[0]).to.be.within(400, 800);
    for (const [i, pause] of pauses.entries()) {
      const most = Math.min(30_000, 800 * 2 ** i);
      expect(pause).to.be.within(most / 2, most);
    }
    cache.stop();
  });

  it('notices that the store was restored from a snapshot, also when it has overtaken the cursor', async () => {
    for (const overtaken of [false, true]) {
      const world = new World();
      await world.put('hosts/a/h-1', host('a'));
      await world.put('hosts/a/h-2', host('a'));
      const snapshot = world.etcd.snapshot();
      await world.put('hosts/a/h-1', host('b'));
      await world.put('hosts/a/h-3', host('a'));
      await world.delete('hosts/a/h-2');
      const cache = world.cache();
      await world.settle(cache.synced());
      world.etcd.restore(snapshot);
      // The same revision now holds something else under the same key.
      await world.put('hosts/a/h-1', host('c'));
      if (overtaken) for (let i = 0; i < 10; i++) await world.put('headroom/a', { i });
      await world.clock.advance(60_000);
      expect(heldBy(cache, ['hosts', 'headroom'])).to.deep.equal(world.truth());
      expect(cache.get('hosts', 'a/h-1')?.value).to.deep.equal(host('c'));
      expect(cache.revision).to.equal(world.etcd.revision);
    }
  });

  it('lets no stream that was given up write', async () => {
    const world = new World();
    let late = false;
    const cache = world.cache({ fault: ({ method }) => (late && method === 'events' ? { delayMs: 40_000 } : 'none') });
    await world.settle(cache.synced());
    late = true;
    await world.put('hosts/a/h-1', host('a'));
    await world.clock.advance(30_000);
    await world.delete('hosts/a/h-1');
    late = false;
    world.etcd.disconnect();
    await world.clock.advance(120_000);
    expect(cache.get('hosts', 'a/h-1')).to.equal(undefined);
    cache.stop();
    await world.put('hosts/a/h-2', host('a'));
    await world.clock.advance(120_000);
    expect(cache.get('hosts', 'a/h-2')).to.equal(undefined);
  });

  it('holds all prefixes of a revision before it says that the revision is reached', async () => {
    const world = new World({ latency: () => 1 });
    const cache = world.cache();
    await world.settle(cache.synced());
    const revision = await world.put('/calico/v1/x', 'bytes');
    await world.settle(cache.reached(revision));
    expect(cache.get('calico', 'v1/x')?.value.toString()).to.equal('bytes');
    expect(cache.revision).to.be.at.least(revision);
  });

  it('fails those who wait when it is stopped or their signal aborts', async () => {
    const world = new World();
    const cache = world.cache({ fault: () => 'refused' });
    const abort = new AbortController();
    const given = cache.synced(abort.signal).catch(String);
    abort.abort('enough');
    expect(await given).to.equal('enough');
    const waiting = cache.reached(5).catch(String);
    cache.stop();
    expect(await waiting).to.match(/stopped/);
    expect(await cache.synced().catch(String)).to.match(/stopped/);
  });

  it('survives a subscriber that throws', async () => {
    const world = new World();
    const cache = world.cache();
    cache.subscribe(() => {
      throw new Error('mine');
    });
    const batches = recordChanges(cache);
    await world.settle(cache.synced());
    await world.put('hosts/a/h-1', host('a'));
    await world.clock.advance(1);
    expect(batches).to.deep.equal([['+hosts/a/h-1']]);
  });

  it('ends equal to the store, and has seen each key’s states in order, whatever happens to its connection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        const world = new World({ seed, latency: () => 1 });
        const random = seededRandom(seed);
        let trouble = 0;
        let compacted = 0;
        const fault = (): Fault => {
          if (random.next() >= trouble) return 'none';
          return pick<Fault>(random, ['refused', 'lost-request', 'lost-reply', { delayMs: integer(random, 30_000) }]);
        };
        const cache = world.cache({ fault });
        const seen = new Map<string, number[]>();
        cache.subscribe((changes, { revision }) => {
          for (const { kind, id, before, after } of changes) {
            const states = seen.get(`${kind}/${id}`) ?? [];
            expect(before?.modRevision ?? 0, 'each change follows from the last').to.equal(states.at(-1) ?? 0);
            expect(after?.modRevision ?? 0).to.be.at.most(revision);
            seen.set(`${kind}/${id}`, [...states, after?.modRevision ?? 0]);
          }
        });
        for (let step = 0; step < 60; step++) {
          trouble = random.next() < 0.3 ? random.next() : 0;
          const key = pick(random, ['hosts/a/1', 'hosts/a/2', 'hosts/b/1', '/calico/x', 'headroom/a', 'hosts/stray']);
          if (random.next() < 0.7) await world.put(key, { cloud: 'a', step });
          else await world.delete(key);
          const chance = random.next();
          if (chance < 0.1) world.etcd.disconnect();
          else if (chance < 0.15 && world.etcd.revision > compacted) {
            compacted = world.etcd.revision;
            await world.settle(world.kv.compact(compacted));
          }
          await world.clock.advance(integer(random, 5000));
        }
        trouble = 0;
        await world.clock.advance(120_000);
        const truth = world.truth();
        expect(cache.strays().map(({ key }) => key)).to.deep.equal(
          truth.delete(absolute('hosts/stray')) ? [absolute('hosts/stray')] : [],
        );
        expect(heldBy(cache, ['hosts', 'headroom', 'calico'])).to.deep.equal(new Map([...truth].sort()));
        for (const [key, states] of seen) {
          const positive = states.filter((revision) => revision > 0);
          expect(positive, key).to.deep.equal([...positive].sort((a, b) => a - b));
        }
        cache.stop();
      }),
      { numRuns: 40 },
    );
  });
});
