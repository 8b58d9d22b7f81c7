import { expect } from 'chai';
import { type AnyController, controller } from '../../../lib/reconcile/index.ts';
import { type Replica, World } from './support.ts';

const SLOTS = ['0', '1', '2', '3', '4', '5', '6', '7'];
const CLOUDS = Array.from({ length: 40 }, (_, i) => `c-${i}`);

/** Counts who looks at which key, and whether two do at once. */
const sharded = (by: string, visits: { by: string; key: string }[], names = SLOTS): AnyController =>
  controller({
    name: 'headroom',
    owns: ['headroom'],
    watches: { dockerclouds: ({ id }) => id },
    slots: { names, of: (key) => String(Number(key.slice(2)) % SLOTS.length) },
    async reconcile(key, { store }) {
      await store.put('headroom', key, { by });
      visits.push({ by, key });
    },
  });

const led = (replica: Replica) =>
  replica.manager.controllers.filter(({ role }) => role === 'leader').map(({ slot }) => slot);

describe('slots', () => {
  it('are divided among the live replicas, given to one that joins and taken over from one that goes', async () => {
    const world = new World();
    const visits: { by: string; key: string }[] = [];
    for (const cloud of CLOUDS) await world.put(`dockerclouds/${cloud}`, '{}');

    const a = world.replica([sharded('a', visits)], { name: 'a' });
    await world.clock.until(() => led(a).length === SLOTS.length, 10_000);
    await world.clock.until(() => visits.length === CLOUDS.length, 10_000);

    const b = world.replica([sharded('b', visits)], { name: 'b' });
    await world.clock.until(() => led(a).length + led(b).length === SLOTS.length && led(b).length > 0, 30_000);
    await world.clock.advance(5000);
    expect([...led(a), ...led(b)].sort()).to.deep.equal(SLOTS);
    expect(led(a)).to.have.length.greaterThan(0);

    visits.length = 0;
    for (const cloud of CLOUDS) await world.put(`dockerclouds/${cloud}`, 'changed');
    await world.clock.advance(5000);
    expect(visits.map(({ key }) => key).sort()).to.deep.equal([...CLOUDS].sort());
    expect(new Set(visits.map(({ by }) => by))).to.deep.equal(new Set(['a', 'b']));

    await world.settle(a.stop());
    await world.clock.until(() => led(b).length === SLOTS.length, 2000);
    await world.settle(b.stop());
  });

  it('are taken up again by a replica whose membership somebody deleted', async () => {
    const world = new World();
    const a = world.replica([sharded('a', [])], { name: 'a' });
    await world.clock.until(() => led(a).length === SLOTS.length, 10_000);
    await world.delete('members/a');
    await world.clock.until(() => led(a).length === 0, 10_000);
    await world.clock.until(() => led(a).length === SLOTS.length, 20_000);
    expect(await world.list('members'))
      .to.have.nested.property('a.leads')
      .with.length(SLOTS.length);
    await world.settle(a.stop());
  });

  it('move only as far as they must when replicas join and go', async () => {
    const world = new World();
    const replicas: Replica[] = [];
    const owners = () => Object.fromEntries(replicas.flatMap((r, i) => led(r).map((slot) => [slot, i])));
    const settled = () => Object.keys(owners()).length === SLOTS.length;
    for (const name of ['a', 'b', 'c', 'd']) {
      const before = owners();
      replicas.push(world.replica([sharded(name, [])], { name }));
      await world.clock.advance(15_000);
      expect(settled()).to.equal(true);
      const joined = replicas.length - 1;
      for (const [slot, owner] of Object.entries(owners())) expect([joined, before[slot] ?? joined]).to.include(owner);
    }
    await world.settle(Promise.all(replicas.map((replica) => replica.stop())));
  });

  it('that only one replica would lead are left to it', async () => {
    const world = new World();
    const visits: { by: string; key: string }[] = [];
    for (const cloud of CLOUDS) await world.put(`dockerclouds/${cloud}`, '{}');
    const a = world.replica([sharded('a', visits)], { name: 'a' });
    const b = world.replica([sharded('b', visits, ['host-h1'])], { name: 'b' });
    await world.clock.advance(10_000);
    expect(led(a).sort()).to.deep.equal(SLOTS);
    expect(led(b)).to.deep.equal(['host-h1']);
    expect(new Set(visits.map(({ by }) => by))).to.deep.equal(new Set(['a']));
    await world.settle(Promise.all([a.stop(), b.stop()]));
  });

  it('stay with those who can read: a replica that cannot list the records takes no share', async () => {
    const world = new World();
    const a = world.replica([sharded('a', [])], { name: 'a' });
    await world.clock.until(() => led(a).length === SLOTS.length, 10_000);
    const fault: Replica['fault'] = ({ method }) => (method === 'range' ? 'lost-request' : 'none');
    const b = world.replica([sharded('b', [])], { name: 'b', fault });
    await world.clock.advance(60_000);
    expect(led(a).sort()).to.deep.equal(SLOTS);
    b.fault = () => 'none';
    await world.clock.until(() => led(b).length > 0 && led(a).length + led(b).length === SLOTS.length, 120_000);
    await world.settle(Promise.all([a.stop(), b.stop()]));
  });
});
