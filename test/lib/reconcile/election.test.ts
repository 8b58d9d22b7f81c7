import { expect } from 'chai';
import fc from 'fast-check';
import { isCode } from '../../../lib/errors/index.ts';
import { seededRandom, sleep } from '../../../lib/platform/index.ts';
import { type AnyController, controller } from '../../../lib/reconcile/index.ts';
import type { Call } from '../../../lib/store/memory/index.ts';
import { keys, type Replica, World } from './support.ts';

/** Writes its replica's name over and over, as fast as it may. */
const writer = (by: string, writes: { by: string; at: number }[], world: World): AnyController =>
  controller({
    name: 'headroom',
    owns: ['headroom'],
    watches: { dockerclouds: ({ id }) => id },
    async reconcile(key, { store, fence }) {
      fence.check();
      await store.put('headroom', key, { by, n: writes.length });
      writes.push({ by, at: world.clock.monotonic() });
      return { after: 100 };
    },
  });

const leads = (replica: Replica) => replica.manager.controllers[0]?.role === 'leader';

/** Two replicas of one writer; `a` leads. */
async function pair() {
  const world = new World();
  const writes: { by: string; at: number }[] = [];
  await world.put('dockerclouds/c', '{}');
  const a = world.replica([writer('a', writes, world)], { name: 'a' });
  await world.clock.until(() => leads(a), 5000);
  const b = world.replica([writer('b', writes, world)], { name: 'b' });
  await world.clock.advance(5000);
  return {
    ...{ world, writes, a, b },
    async end() {
      await world.settle(Promise.all([a.stop(), b.stop()]));
    },
  };
}

describe('election', () => {
  it('lets one of two replicas lead, and keeps it so', async () => {
    const { world, writes, a, b, end } = await pair();
    await world.clock.advance(120_000);
    expect([leads(a), leads(b)]).to.deep.equal([true, false]);
    expect(new Set(writes.map(({ by }) => by))).to.deep.equal(new Set(['a']));
    expect(Object.keys(await world.list('members'))).to.deep.equal(['a', 'b']);
    await end();
  });

  it('hands over at once when the leader stops', async () => {
    const { world, writes, a, end } = await pair();
    await world.settle(a.stop());
    const stopped = world.clock.monotonic();
    await world.clock.until(() => writes.at(-1)?.by === 'b', 100);
    expect(world.clock.monotonic() - stopped).to.be.below(50);
    await end();
  });

  it('hands over within the lease when the leader freezes, and lets no write of it land after', async () => {
    const { world, writes, a, b, end } = await pair();
    a.freeze();
    const frozen = world.clock.monotonic();
    await world.clock.until(() => writes.at(-1)?.by === 'b', 20_000);
    expect(world.clock.monotonic() - frozen).to.be.within(9000, 15_500);
    await world.clock.advance(15_000);
    const { revision } = world.etcd;
    a.thaw();
    await world.clock.advance(30_000);
    expect([leads(a), leads(b)]).to.deep.equal([false, true]);
    const late = world.etcd.history(revision + 1).flatMap(({ events }) => events);
    expect(late.filter(({ kv }) => kv.value?.toString().includes('"by":"a"'))).to.deep.equal([]);
    await end();
  });

  it('stops leading by its own clock before the lease can have run out, when the store does not answer', async () => {
    const { world, a, b, end } = await pair();
    const cut = world.clock.monotonic();
    a.fault = () => 'lost-request';
    await world.clock.until(() => !leads(a), 20_000);
    expect(world.clock.monotonic() - cut).to.be.below(10_100);
    expect(leads(b)).to.equal(false);
    await world.clock.until(() => leads(b), 20_000);
    a.fault = () => 'none';
    await end();
  });

  it('campaigns again after its key was deleted by somebody', async () => {
    const { world, writes, a, b, end } = await pair();
    await world.delete('leaders/headroom');
    await world.clock.advance(10_000);
    expect([leads(a), leads(b)].filter(Boolean)).to.have.length(1);
    const count = writes.length;
    await world.clock.advance(1000);
    expect(writes.length).to.be.above(count);
    await end();
  });

  it('notices that its key is gone when neither the cache nor a write tells', async () => {
    const world = new World();
    const a = world.replica([writer('a', [], world)], { name: 'a' });
    a.fault = ({ method }) => (method === 'events' ? { delayMs: 60_000 } : 'none');
    await world.clock.until(() => leads(a), 5000);
    const fence = a.manager.controllers[0]?.fence;
    await world.delete('leaders/headroom');
    await world.clock.until(() => a.manager.controllers[0]?.fence !== fence, 6000);
    await world.settle(a.stop());
  });

  it('lets a new leader begin only when its cache shows what the last one wrote', async () => {
    const world = new World();
    const shown: (number | undefined)[] = [];
    await world.put('dockerclouds/c', '{}');
    const a = world.replica([writer('a', [], world)], { name: 'a' });
    const reader = controller({
      name: 'headroom',
      owns: ['headroom'],
      watches: { dockerclouds: ({ id }) => id },
      reconcile: async (key, { state }) => void shown.push(state.get('headroom', key)?.modRevision),
    });
    const b = world.replica([reader], { name: 'b' });
    await world.clock.advance(5000);
    b.fault = ({ method }) => (method === 'events' ? { delayMs: 25_000 } : 'none');
    await world.clock.advance(5000);
    await world.settle(a.stop());
    await world.clock.until(() => shown.length > 0, 120_000);
    const { kvs } = world.etcd.peek({ key: keys.key('headroom', 'c') });
    expect(shown[0]).to.equal(kvs[0]?.modRevision);
    b.fault = () => 'none';
    await world.settle(b.stop());
  });

  it('notices a restore that goes back to before it led', async () => {
    const world = new World();
    const writes: { by: string; at: number }[] = [];
    await world.put('dockerclouds/c', '{}');
    const before = world.etcd.snapshot();
    const a = world.replica([writer('a', writes, world)], { name: 'a' });
    await world.clock.until(() => writes.length > 50, 60_000);
    world.etcd.restore(before);
    await world.clock.until(() => Object.hasOwn(peek(world), 'leaders/headroom'), 60_000);
    const count = writes.length;
    await world.clock.until(() => writes.length > count + 10, 30_000);
    expect(leads(a)).to.equal(true);
    expect(peek(world)).to.have.any.keys('installation', 'members/a');
    await world.settle(a.stop());
  });

  it('lets no write land after the lead was lost in the middle of a reconcile', async () => {
    const world = new World();
    await world.put('dockerclouds/c', '{}');
    const errors: unknown[] = [];
    let visits = 0;
    const replica = world.replica([
      controller({
        name: 'headroom',
        owns: ['headroom'],
        watches: { dockerclouds: ({ id }) => id },
        async reconcile(key, { store, clock }) {
          visits++;
          await sleep(clock, 1000);
          await store.put('headroom', key, {}).catch((error: unknown) => errors.push(error));
        },
      }),
    ]);
    await world.clock.until(() => visits === 1, 5000);
    // The cache must not know: only the comparison in the transaction can refuse the write.
    replica.fault = ({ method }) => (method === 'events' ? { delayMs: 100_000 } : 'none');
    await world.delete('leaders/headroom');
    await world.clock.until(() => errors.length === 1, 5000);
    expect(isCode(errors[0], 'BERTH_NOT_LEADER')).to.equal(true);
    expect(await world.list('headroom')).to.deep.equal({});
    replica.fault = () => 'none';
    await world.settle(replica.stop());
  });

  it('recognises its own lead when the answer to the campaign was lost', async () => {
    const world = new World();
    const replica = world.replica([writer('a', [], world)], { name: 'a' });
    const key = keys.key('leaders', 'headroom');
    const campaigns = ({ method, request }: Call) =>
      method === 'txn' && request.then.some((operation) => 'put' in operation && operation.put === key);
    replica.fault = (call) => (campaigns(call) ? 'lost-reply' : 'none');
    await world.clock.until(() => leads(replica), 30_000);
    const made = world.etcd.history(0).flatMap(({ events }) => events);
    expect(made.filter(({ kv }) => kv.key === key)).to.have.length(1);
    await world.settle(replica.stop());
  });

  it('has one leader at a time, whose writes alone land, whatever happens to two replicas', async () => {
    const action = fc.constantFrom(
      'freeze a',
      'freeze b',
      'thaw',
      'cut a',
      'cut b',
      'lose a',
      'heal',
      'delete',
      'wait',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 20 }), fc.nat(), async (actions, seed) => {
        const { world, a, b, end } = await pair();
        const random = seededRandom(seed);
        const leaders = new Map<number, string>();
        world.etcd.observe(({ events }) => {
          const leader = holder(world);
          for (const { kv } of events)
            if (kv.key.startsWith(`${keys.prefix}/headroom/`)) leaders.set(kv.modRevision, `${leader}: ${kv.value}`);
        });
        const heal = () => {
          for (const replica of [a, b]) replica.fault = () => 'none';
        };
        for (const each of actions) {
          if (each === 'freeze a') a.freeze();
          if (each === 'freeze b') b.freeze();
          if (each === 'thaw') for (const replica of [a, b]) replica.thaw();
          if (each === 'cut a') a.fault = () => 'lost-request';
          if (each === 'cut b') b.fault = () => 'refused';
          if (each === 'lose a') a.fault = () => (random.next() < 0.3 ? 'lost-reply' : 'none');
          if (each === 'heal') heal();
          if (each === 'delete') await world.delete('leaders/headroom');
          await world.clock.advance(random.next() * 12_000);
          expect(leads(a) && leads(b) && a.manager.controllers[0]?.fence === b.manager.controllers[0]?.fence).to.equal(
            false,
          );
        }
        for (const line of leaders.values()) expect(line).to.match(/^([ab])\/.*"by":"\1"/);
        heal();
        for (const replica of [a, b]) replica.thaw();
        await world.clock.until(() => leads(a) || leads(b), 60_000);
        await end();
      }),
      { numRuns: 20 },
    );
  });
});

/** All records, as they are in the store right now. */
function peek(world: World): Record<string, string> {
  const { kvs } = world.etcd.peek({ key: `${keys.prefix}/`, end: `${keys.prefix}0` });
  return Object.fromEntries(kvs.map(({ key, value }) => [key.slice(keys.prefix.length + 1), value.toString()]));
}

const holder = (world: World): string | undefined =>
  peek(world)['leaders/headroom']?.replace(/^.*"identity":"([^"]*)".*$/, '$1');
