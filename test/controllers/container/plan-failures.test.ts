import { expect } from 'chai';
import { plan } from '../../../controllers/container/plan.ts';
import { containerRecord } from '../../harness/records.ts';
import { assigned, only, running, settle, WEB } from './support.ts';

describe('the plan of a host, while something failed', () => {
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
