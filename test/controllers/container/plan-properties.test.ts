import { expect } from 'chai';
import fc from 'fast-check';
import { plan } from '../../../controllers/container/plan.ts';
import { namespaceOf } from '../../../lib/network/linux/index.ts';
import { containerRecord } from '../../harness/records.ts';
import { settle, WEB } from './support.ts';
import { assignmentOf, endpointOf, World } from './world.ts';

describe('the plan of a host, whatever happens', () => {
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
