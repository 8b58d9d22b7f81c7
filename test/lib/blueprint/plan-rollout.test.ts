import { expect } from 'chai';
import { ROOT } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec, ServiceSpec } from '../../../lib/records/index.ts';
import { application, link, names, service, World } from './fixtures.ts';

describe('the plan', () => {
  describe('of a changed blueprint', () => {
    const spec = application(service('a', { replicas: 3 }), service('b'));
    const changed = (more: Partial<ServiceSpec>): ApplicationSpec => ({
      ...spec,
      services: spec.services.map((one) => (one.id === 'a' ? { ...one, ...more } : one)),
    });
    const settled = () => {
      const world = new World();
      world.settle(spec);
      return world;
    };

    it('replaces one container of a service at a time', () => {
      const world = settled();
      const next = changed({ image: 'a:2' });
      const images = () => names('a', 3).map((name) => world.record(name).image);
      for (let index = 0; index < 3; index++) {
        world.step(next);
        world.step(next);
        expect(images().filter((image) => image === 'a:2')).to.have.length(index + 1);
        expect(world.entities.get('a')?.record.updating).to.equal(`a-${index}`);
        world.start(`a-${index}`);
      }
      world.step(next);
      expect(world.entities.get('a')?.record).not.to.have.property('updating');
    });

    it('stops at the first that does not come up, and goes on with the next attempt', () => {
      const world = settled();
      world.step(changed({ image: 'a:bad' }));
      world.place('a-0');
      world.set('a-0', { state: 'restarting' });
      for (let i = 0; i < 3; i++)
        expect(world.step(changed({ image: 'a:bad' })).outdated).to.deep.equal(['a-1', 'a-2']);
      world.step(changed({ image: 'a:good' }));
      expect(names('a', 3).map((name) => world.record(name).image)).to.deep.equal(['a:good', 'a:latest', 'a:latest']);
      world.settle(changed({ image: 'a:good' }));
      expect(names('a', 3).map((name) => world.record(name).image)).to.deep.equal(['a:good', 'a:good', 'a:good']);
    });

    it('begins with what is down already', () => {
      const world = settled();
      world.set('a-2', { state: 'exited' });
      world.step(changed({ image: 'a:2' }));
      expect(world.record('a-2').image).to.equal('a:2');
      expect(world.record('a-0').image).to.equal('a:latest');
    });

    it('grows at once and shrinks from the highest index', () => {
      const world = settled();
      world.step(changed({ replicas: 5 }));
      expect(world.names()).to.deep.equal([...names('a', 5), 'b-0']);
      const { units } = world.step(changed({ replicas: 2 }));
      const deleted = units.flatMap(({ writes }) => writes).flatMap((write) => ('delete' in write ? write.id : []));
      expect(deleted).to.deep.equal(['default/shop/a-4', 'default/shop/a-3', 'default/shop/a-2']);
      expect(world.names()).to.deep.equal(['a-0', 'a-1', 'b-0']);
      expect(world.claims.get('default')?.record.containers).to.equal(3);
    });

    it('removes a service with exactly its containers and its entity', () => {
      const world = settled();
      world.step({ ...spec, services: spec.services.filter(({ id }) => id !== 'a') });
      expect(world.names()).to.deep.equal(['b-0']);
      expect([...world.entities.keys()].sort()).to.deep.equal([ROOT, 'b']);
    });

    it('rewrites in place what needs no new container', () => {
      const world = settled();
      const before = world.record('a-0').spec;
      const { outdated } = world.step(changed({ strategies: ['breadthFirst'] }));
      expect(outdated).to.deep.equal([]);
      for (const name of names('a', 3)) {
        expect(world.record(name)).to.deep.include({ spec: before, strategies: ['breadthFirst'] });
      }
    });

    it('takes another cloud as another place for each container', () => {
      const world = settled();
      world.step({ ...spec, location: 'other' });
      expect(names('a', 3).map((name) => world.record(name).cloud)).to.deep.equal([
        'other',
        'my-docker-cloud',
        'my-docker-cloud',
      ]);
    });
  });

  describe('of a changed container that runs once', () => {
    const spec = (image: string, restart: ServiceSpec['restart'] = 'no') =>
      application(
        service('db'),
        service('migrate', { links: [link('db')], restart, image }),
        service('web', { links: [link('db')], image }),
      );
    const ended = (exitCode: number, restart: ServiceSpec['restart'] = 'no') => {
      const world = new World();
      world.settle(spec('x:1', restart));
      expect(world.step(spec('x:2', restart)).updating).to.deep.equal(['migrate-0']);
      world.place('migrate-0');
      world.set('migrate-0', { state: 'exited', exitCode });
      return world.step(spec('x:2', restart));
    };

    for (const restart of ['no', 'on-failure'] as const) {
      it(`gives its turn to the next when it is complete under \`${restart}\``, () => {
        expect(ended(0, restart)).to.deep.include({ updating: ['web-0'], outdated: [] });
      });
    }

    it('keeps its turn when it failed', () => {
      expect(ended(1)).to.deep.include({ updating: ['migrate-0'], outdated: ['web-0'] });
    });

    it('keeps its turn when it ended well, and is started again whatever it says', () => {
      expect(ended(0, 'unless-stopped')).to.deep.include({ updating: ['migrate-0'], outdated: ['web-0'] });
    });
  });
});
