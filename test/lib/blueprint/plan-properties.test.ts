import { expect } from 'chai';
import fc from 'fast-check';
import { upOf } from '../../../lib/blueprint/index.ts';
import { application, link, names, service, tcp, World } from './fixtures.ts';

describe('the plan', () => {
  describe('whatever happens', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const services = fc
      .array(
        fc.record({
          replicas: fc.integer({ min: 0, max: 3 }),
          image: fc.constantFrom('x:1', 'x:2'),
          targets: fc.subarray(ids),
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((list) =>
        application(
          // Links lead to what was declared before: no loops.
          ...list.map(({ replicas, image, targets }, index) =>
            service(ids[index]!, {
              replicas,
              image,
              openPorts: [tcp(80)],
              links: targets.filter((target) => ids.indexOf(target) < index).map((target) => link(target)),
            }),
          ),
        ),
      );
    const deed = fc.record({
      verb: fc.constantFrom('step', 'step', 'start', 'start', 'place', 'unassign', 'restart', 'change'),
      which: fc.nat(),
      to: services,
    });

    it('plans nothing twice, and never has two dependents in change', () =>
      fc.assert(
        fc.property(services, fc.array(deed, { maxLength: 40 }), (first, deeds) => {
          const world = new World();
          let spec = first;
          // Dependents whose running incarnation was given up for another spec, until they are up since.
          const inChange = new Set<string>();
          for (const { verb, which, to } of deeds) {
            const name = world.names()[which % Math.max(1, world.names().length)];
            if (verb === 'change') spec = to;
            if (name !== undefined && verb === 'start') world.start(name);
            if (name !== undefined && verb === 'place') world.place(name);
            if (name !== undefined && verb === 'unassign') world.unassign(name);
            if (name !== undefined && verb === 'restart' && world.isPlaced(name))
              world.set(name, { state: 'restarting' });
            for (const one of inChange) if (!world.containers.has(one) || world.isUp(one)) inChange.delete(one);
            if (verb !== 'step') continue;

            const before = world.snapshot();
            world.step(spec);
            const again = world.step(spec);
            expect(again.units, 'planning again').to.deep.equal([]);
            const dependents = new Set(spec.services.filter(({ links }) => links.length > 0).map(({ id }) => id));
            for (const [one, { record, incarnations }] of before.containers) {
              const now = world.containers.get(one)?.record;
              if (!now) inChange.delete(one);
              else if (now.spec !== record.spec && incarnations.length > 0 && dependents.has(now.service))
                inChange.add(one);
            }
            expect([...inChange]).to.have.length.at.most(1);
          }
        }),
        { numRuns: 300 },
      ));

    it('removes with a service that nobody needs exactly its containers', () =>
      fc.assert(
        fc.property(services, (spec) => {
          const world = new World();
          world.settle(spec);
          const needed = spec.services.flatMap(({ links }) => links.map((one) => one.service));
          const gone = spec.services.find(({ id }) => !needed.includes(id))!;
          const before = world.snapshot();
          world.step({ ...spec, services: spec.services.filter((one) => one !== gone) });
          const left = [...before.containers].filter(([, { record }]) => record.service !== gone.id);
          expect(world.names()).to.deep.equal(left.map(([name]) => name).sort());
          for (const [name, { revision }] of left) expect(world.containers.get(name)?.revision).to.equal(revision);
        }),
      ));

    it('ends with every container up and every link right', () =>
      fc.assert(
        fc.property(services, services, (one, other) => {
          const world = new World();
          world.settle(one);
          world.settle(other);
          const wanted = other.services.flatMap(({ id, replicas }) => names(id, replicas));
          const stuck = other.services.some(
            ({ links, replicas }) =>
              replicas > 0 &&
              links.some((target) => other.services.find(({ id }) => id === target.service)?.replicas === 0),
          );
          if (!stuck) expect(world.names()).to.deep.equal(wanted.sort());
          const snapshot = world.snapshot();
          const addresses = new Map(
            [...snapshot.containers].map(([name, container]) => [
              upOf(name, container)?.address,
              container.record.service,
            ]),
          );
          if (stuck) return;
          for (const { record } of snapshot.containers.values()) {
            for (const { name, address } of record.extraHosts) expect(addresses.get(address)).to.equal(name);
          }
        }),
        { numRuns: 100 },
      ));
  });
});
