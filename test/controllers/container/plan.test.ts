import { expect } from 'chai';
import { plan } from '../../../controllers/container/plan.ts';
import { namespaceOf } from '../../../lib/network/linux/index.ts';
import { containerRecord } from '../../harness/records.ts';
import { assigned, only, running, settle, WEB } from './support.ts';
import { endpointOf, World } from './world.ts';

describe('the plan of a host', () => {
  it('takes a container through its life in this order', () => {
    const world = assigned();
    settle(world);
    expect(world.history).deep.equal([
      'claim',
      'network',
      'create',
      'inspect',
      'network',
      'start',
      'inspect',
      'report',
    ]);
    expect(world.observed.get(WEB)).deep.equal({
      uid: 'u1',
      state: 'running',
      id: only(world).id,
      image: 'web:1',
      addresses: { 'default.shop.default': '10.64.0.1' },
      ports: { '8080/tcp': 80 },
      startedAt: 'now',
      restarts: 0,
    });
  });

  it('with a pause container in between where the engine has no shim', () => {
    const world = assigned({ shim: false });
    settle(world);
    expect(world.history.filter((step) => step !== 'inspect')).deep.equal([
      'claim',
      'network',
      'hold',
      'create',
      'network',
      'start',
      'report',
    ]);
    expect(world.ours.map(({ role, state }) => `${role} ${state}`)).members(['pause running', 'container running']);
  });

  for (const shim of [true, false]) {
    it(`takes it away in this order${shim ? '' : ', its pause container last'}`, () => {
      const world = running({ shim });
      world.assignments.clear();
      settle(world);
      const removals = shim ? ['remove'] : ['remove', 'remove'];
      expect(world.history).deep.equal(['stop', ...removals, 'network', 'forget']);
      expect([...world.engine, ...world.namespaces, ...world.observed]).deep.equal([]);
    });
  }

  it('serves many containers with one batch', () => {
    const world = new World();
    for (let i = 0; i < 12; i++)
      assigned({ uid: `u${i}`, id: `default/shop/web-${i}`, address: `10.64.0.${i}` }, world);
    settle(world);
    expect(world.history.filter((step) => step === 'network')).length(2);
    expect(world.ours.filter(({ state }) => state === 'running')).length(12);
  });

  it('does nothing when all is as it should be', () => expect(plan(running().snapshot())).deep.equal([]));

  for (const [what, prepare, left] of [
    ['without an endpoint', (world: World) => world.endpoints.clear(), []],
    [
      'with an endpoint of another incarnation',
      (world: World) => world.endpoints.set(WEB, endpointOf('u0', '10.64.0.1')),
      [],
    ],
    [
      'whose network is full',
      (world: World) => world.endpoints.set(WEB, { ...endpointOf('u1', ''), interfaces: [], message: 'full' }),
      [],
    ],
    ['whose record is gone', (world: World) => world.records.clear(), []],
    [
      'whose record has another spec',
      (world: World) => world.records.set(WEB, containerRecord({ spec: 'spec-2' })),
      [],
    ],
  ] as const) {
    it(`makes nothing of an assignment ${what}`, () => {
      const world = assigned();
      prepare(world);
      settle(world);
      expect(world.history).deep.equal(left);
    });
  }

  for (const [what, change] of [
    ['is gone', (world: World) => world.records.clear()],
    ['has another spec', (world: World) => world.records.set(WEB, containerRecord({ spec: 'spec-2' }))],
  ] as const) {
    it(`keeps a container whose record ${what}, by its assignment`, () => {
      const world = running();
      change(world);
      expect(plan(world.snapshot())).deep.equal([]);
      world.newLeader();
      settle(world);
      expect(only(world).state).equal('running');
    });
  }

  it('goes on telling what Docker says of a container whose endpoint is lost, starts it only when that is back', () => {
    for (const shim of [true, false]) {
      const world = running({ shim });
      const endpoint = world.endpoints.get(WEB)!;
      world.endpoints.clear();
      settle(world);
      expect(world.observed.get(WEB)).deep.include({ state: 'running', addresses: {} });
      world.end(only(world).id, 255);
      settle(world);
      expect(world.observed.get(WEB)).include({ state: 'exited', exitCode: 255 });
      expect(only(world).state).equal('exited');
      world.endpoints.set(WEB, endpoint);
      settle(world);
      expect(world.observed.get(WEB)).deep.include({
        state: 'running',
        addresses: { 'default.shop.default': '10.64.0.1' },
      });
    }
  });

  it('attaches others beside a container whose endpoint is lost', () => {
    const world = running();
    world.endpoints.clear();
    assigned({ uid: 'u2', id: 'default/shop/other-0', address: '10.64.0.2' }, world);
    settle(world);
    expect(world.observed.get('default/shop/other-0')).include({ state: 'running' });
  });

  it('stops what is not to run, and starts it again', () => {
    for (const restart of ['no', 'unless-stopped'] as const) {
      const world = running({ record: containerRecord({ restart }) });
      world.records.set(WEB, containerRecord({ restart, run: false }));
      settle(world);
      expect(world.observed.get(WEB)).include({ state: 'exited', stopped: true });
      world.records.set(WEB, containerRecord({ restart }));
      settle(world);
      expect(world.observed.get(WEB)).include({ state: 'running' }).not.property('stopped');
    }
  });

  it('does not start what was never to run', () => {
    const world = assigned({ record: containerRecord({ run: false }) });
    settle(world);
    expect(world.observed.get(WEB)).include({ state: 'created', stopped: true });
  });

  for (const [restart, exitCode, after] of [
    ['unless-stopped', 0, 'running'],
    ['always', 0, 'running'],
    ['on-failure', 1, 'running'],
    ['on-failure', 0, 'exited'],
    ['no', 1, 'exited'],
  ] as const) {
    it(`leaves a container with restart policy ${restart} and exit code ${exitCode} ${after}, with its namespace`, () => {
      for (const lost of [true, false]) {
        const world = running({ record: containerRecord({ restart }) });
        world.end(only(world).id, exitCode);
        if (lost) world.namespaces.clear();
        settle(world);
        expect(only(world).state).equal(after);
        expect(world.namespaces.has(namespaceOf(only(world).id))).equal(true);
      }
    });
  }

  it('brings a host back from a reboot with the same containers', () => {
    for (const shim of [true, false]) {
      const world = running({ shim });
      const { id } = only(world);
      world.reboot();
      settle(world);
      expect(only(world)).include({ id, state: 'running' });
    }
  });

  it('gives a running container the lost name of its namespace back, and no new namespace', () => {
    const world = running();
    world.namespaces.clear();
    const [action] = plan(world.snapshot());
    expect(action).property('do', 'network');
    expect(action).nested.property('plan.attachments[0].pid', 42);
    settle(world);
    expect(world.history).deep.equal(['network']);
  });

  it('applies its batch again when what the last one left was lost, and only where there is something of ours', () => {
    const world = running();
    world.intact = false;
    settle(world);
    expect(world.history).deep.equal(['network']);
    const empty = new World();
    settle(empty);
    empty.intact = false;
    expect(plan(empty.snapshot())).deep.equal([]);
  });

  it('tells the host its fence before it acts or forgets, as a new leader', () => {
    const world = running();
    world.assignments.clear();
    world.newLeader();
    settle(world);
    expect(world.history[0]).equal('network');
  });

  it('removes the old incarnation before it forgets it, and forgets it before the new one begins', () => {
    const world = running();
    assigned({ uid: 'u2', address: '10.64.0.2' }, world);
    settle(world);
    expect(world.history.filter((step) => step !== 'inspect')).deep.equal([
      'stop',
      'remove',
      'network',
      'forget',
      'claim',
      'create',
      'network',
      'start',
      'report',
    ]);
    expect(world.observed.get(WEB)).include({ uid: 'u2', state: 'running' });
  });

  it('adopts what an earlier leader made and could not note', () => {
    const world = assigned();
    const id = world.make({ role: 'container', uid: 'u1', member: WEB });
    settle(world);
    expect(only(world)).include({ id, state: 'running' });
  });

  it('removes what nothing in the store speaks of', () => {
    const world = running();
    world.make({ role: 'container', uid: 'old', member: 'default/gone/web-0' });
    world.make({ role: 'container', uid: 'older', member: WEB });
    world.make({ role: 'pause', uid: 'oldest', member: WEB });
    settle(world);
    expect(world.ours.map(({ uid }) => uid)).deep.equal(['u1']);
  });

  it('makes a container again whose pause container is gone', () => {
    const world = running({ shim: false });
    world.engine.delete(world.ours.find(({ role }) => role === 'pause')!.id);
    settle(world);
    expect(world.ours.map(({ state }) => state)).deep.equal(['running', 'running']);
    expect(world.history).contain('remove');
  });
});
