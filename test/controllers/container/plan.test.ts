import { expect } from 'chai';
import fc from 'fast-check';
import { plan } from '../../../controllers/container/plan.ts';
import { namespaceOf } from '../../../lib/network/linux/index.ts';
import { containerRecord } from '../../harness/records.ts';
import { assignmentOf, endpointOf, World } from './world.ts';

const WEB = 'default/shop/web-0';

/** Acts until nothing is left to do, but at most `limit` steps. @returns whether nothing is left */
function settle(world: World, limit = Infinity): boolean {
  let left = limit;
  for (let round = 0; round < 60; round++) {
    const actions = plan(world.snapshot());
    if (actions.length === 0) return true;
    for (const action of actions) {
      if (left-- <= 0) return false;
      world.do(action);
    }
  }
  throw new Error(`never settles: ${world.history.slice(-20)}`);
}

function assigned(
  { uid = 'u1', shim = true, record = containerRecord(), id = WEB, address = '10.64.0.1' } = {},
  world = new World({ shim }),
): World {
  world.assignments.set(id, assignmentOf(uid));
  world.endpoints.set(id, endpointOf(uid, address));
  world.records.set(id, record);
  return world;
}

function running(options: Parameters<typeof assigned>[0] = {}): World {
  const world = assigned(options);
  settle(world);
  world.history.length = 0;
  return world;
}

const only = (world: World) => world.ours.find(({ role }) => role === 'container')!;

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

  describe('while something failed', () => {
    const failure = { message: 'no such image', attempts: 1, notBefore: 10 };

    for (const what of ['u1', 'image:web:1']) {
      it(`waits with that alone (${what}) and says why`, () => {
        const world = assigned();
        assigned(
          {
            uid: 'u2',
            id: 'default/shop/other-0',
            address: '10.64.0.2',
            record: containerRecord({ image: 'other:1' }),
          },
          world,
        );
        world.failures.set(what, failure);
        settle(world);
        expect(world.observed.get(WEB)).include({ state: 'creating', message: 'no such image' });
        expect(world.observed.get('default/shop/other-0')).include({ state: 'running' });
      });
    }

    it('does not start a container without its interfaces', () => {
      const world = running();
      world.reboot();
      world.failures.set('network:u1', failure);
      settle(world);
      expect(only(world).state).equal('exited');
    });

    it('takes away at once what could not start, with its grace', () => {
      const world = running();
      world.assignments.clear();
      world.failures.set('u1', failure);
      expect(plan(world.snapshot()).map((action) => action.do)).deep.equal(['stop']);
      settle(world);
      expect(world.ours).deep.equal([]);
    });

    it('waits with what could not be removed, then uses force', () => {
      const world = running();
      world.assignments.clear();
      world.failures.set('removal:u1', failure);
      settle(world);
      expect(only(world).state).equal('running');
      const later = { ...world.snapshot(), now: failure.notBefore };
      expect(plan(later).map((action) => action.do)).deep.equal(['remove']);
    });

    it('does not free addresses while a namespace would not go', () => {
      const world = running();
      world.assignments.clear();
      world.failures.set('namespaces', failure);
      settle(world);
      expect([...world.observed.keys()]).deep.equal([WEB]);
    });
  });

  const fate = fc.constantFrom(
    'assign',
    'unassign',
    'replace',
    'reboot',
    'leader',
    'crash',
    'vanish',
    'stop',
    'run',
    'respec',
    'act',
    'act',
    'act',
  );
  const script = fc.array(fc.tuple(fate, fc.nat(2), fc.nat(12)), { maxLength: 25 });

  for (const shim of [true, false]) {
    it(`comes to the same end from wherever it was cut off, touches nothing foreign, makes nothing twice (${shim ? 'shim' : 'pause'})`, () =>
      fc.assert(
        fc.property(script, (steps) => {
          const world = new World({ shim });
          const foreign = world.make({ role: 'container', uid: 'u0', member: WEB, foreign: true });
          world.engine.get(foreign)!.state = 'paused';
          let uids = 0;
          for (const [what, which, count] of steps) {
            const id = `default/shop/web-${which}`;
            const victim = world.ours[count % Math.max(1, world.ours.length)];
            // Endpoints as ippool keeps them: of the assignment, unless an old one is observed still.
            const replace = () => {
              const uid = `n${++uids}`;
              world.assignments.set(id, assignmentOf(uid));
              if (!world.records.has(id)) world.records.set(id, containerRecord());
            };
            if (what === 'assign' && !world.assignments.has(id)) replace();
            if (what === 'replace') replace();
            if (what === 'unassign') world.assignments.delete(id);
            if (what === 'reboot') world.reboot();
            if (what === 'leader') world.newLeader();
            if (what === 'crash' && victim?.state === 'running') world.end(victim.id, 1);
            if (what === 'vanish' && victim) world.engine.delete(victim.id);
            if (what === 'stop') world.records.set(id, containerRecord({ run: false }));
            if (what === 'run') world.records.set(id, containerRecord());
            if (what === 'respec') world.records.set(id, containerRecord({ spec: 'spec-2' }));
            ippool(world);
            if (what === 'act') settle(world, count);
          }
          for (const id of world.assignments.keys()) world.records.set(id, containerRecord());
          // The other side of the handshake: addresses move when the old incarnation is forgotten.
          for (let i = 0; i < 4; i++) {
            ippool(world);
            expect(settle(world)).equal(true);
          }
          expect(world.engine.get(foreign)?.state).equal('paused');
          const containers = world.ours.filter(({ role }) => role === 'container');
          expect(containers.map(({ uid, state }) => `${uid} ${state}`)).members(
            [...world.assignments.values()].map(({ uid }) => `${uid} running`),
          );
          expect([...world.observed].map(([id, { uid, state }]) => `${id} ${uid} ${state}`)).members(
            [...world.assignments].map(([id, { uid }]) => `${id} ${uid} running`),
          );
          expect([...world.namespaces.keys()]).members(containers.map(({ id }) => namespaceOf(id)));
          if (!shim) expect(world.ours).length(2 * containers.length);
          expect(plan(world.snapshot())).deep.equal([]);
        }),
        { numRuns: 200 },
      ));
  }
});

/** Frees addresses when `observed` is gone and the assignment too, or another; gives them to what has none. */
function ippool(world: World): void {
  for (const [id, { uid }] of world.endpoints) {
    if (!world.observed.has(id) && world.assignments.get(id)?.uid !== uid) world.endpoints.delete(id);
  }
  for (const [id, { uid }] of world.assignments) {
    if (!world.endpoints.has(id)) world.endpoints.set(id, endpointOf(uid, `10.64.0.${world.endpoints.size + 1}`));
  }
}
