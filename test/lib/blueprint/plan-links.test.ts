import { expect } from 'chai';
import { plan } from '../../../lib/blueprint/index.ts';
import type { ServiceSpec } from '../../../lib/records/index.ts';
import { application, link, names, service, tcp, World } from './fixtures.ts';

describe('the plan of services with links', () => {
  describe('of a target that goes and comes', () => {
    const spec = application(
      service('db', { openPorts: [tcp(5432)], env: { PASSWORD: 'x' } }),
      service('web', { replicas: 3, links: [link('db')] }),
    );
    const settled = () => {
      const world = new World();
      world.settle(spec);
      return world;
    };

    it('leaves the dependents alone while it restarts in its place', () => {
      const world = settled();
      const before = names('web', 3).map((name) => world.record(name).spec);
      world.set('db-0', { state: 'restarting' });
      expect(world.step(spec).outdated).to.deep.equal([]);
      expect(world.entities.get('db')?.record.sensors['host.subnet.address']).to.equal(world.address('db-0'));
      world.set('db-0', { state: 'running' });
      world.settle(spec);
      expect(names('web', 3).map((name) => world.record(name).spec)).to.deep.equal(before);
    });

    it('leaves them alone while it has no address at all', () => {
      const world = settled();
      world.unassign('db-0');
      const { waits, outdated } = world.step(spec);
      expect(waits.has('web')).to.equal(true);
      expect(outdated).to.deep.equal([]);
      expect(world.names()).to.deep.equal(['db-0', ...names('web', 3)]);
    });

    it('recreates them one at a time once it is up elsewhere', () => {
      const world = settled();
      world.lose('db-0');
      world.step(spec);
      world.unassign('db-0');
      world.start('db-0', { host: 'h-2' });
      const address = world.address('db-0');
      const moved = () => names('web', 3).filter((name) => world.record(name).extraHosts[0]?.address === address);

      expect(world.step(spec).updating).to.deep.equal(['web-0']);
      expect(moved()).to.deep.equal(['web-0']);
      world.step(spec);
      expect(moved(), 'its old incarnation still runs').to.deep.equal(['web-0']);
      world.unassign('web-0');
      world.step(spec);
      expect(moved(), 'nothing runs of it').to.deep.equal(['web-0']);
      world.place('web-0');
      world.step(spec);
      expect(moved(), 'the new one does not run yet').to.deep.equal(['web-0']);
      world.set('web-0', { state: 'running' });
      expect(world.step(spec).outdated).to.deep.equal(['web-2']);
      expect(moved()).to.deep.equal(['web-0', 'web-1']);
      world.settle(spec);
      expect(moved()).to.deep.equal(names('web', 3));
    });

    it('recreates at once what a lost host held: that runs nowhere', () => {
      const world = settled();
      for (const name of ['db-0', 'web-0', 'web-1']) world.lose(name);
      world.step(spec);
      world.start('db-0', { host: 'h-2' });
      expect(world.step(spec)).to.deep.include({ updating: ['web-2'], outdated: [] });
      const address = world.address('db-0');
      for (const name of names('web', 3)) expect(world.record(name).extraHosts[0]?.address, name).to.equal(address);
    });

    it('names the incarnation that it was resolved from, also where only that has changed', () => {
      const world = settled();
      expect(world.record('db-0')).not.to.have.property('resolvedFrom');
      expect(world.record('web-0').resolvedFrom).to.deep.equal({ 'db-0': world.uid('db-0') });
      const { spec: before } = world.record('web-0');
      const address = world.address('db-0');
      world.unassign('db-0');
      world.start('db-0', { host: 'h-2', address });
      expect(world.step(spec)).to.deep.include({ updating: [], outdated: [] });
      expect(world.record('web-0')).to.deep.include({ spec: before, resolvedFrom: { 'db-0': world.uid('db-0') } });
    });

    it('is not held up by a dependent that found no host before', () => {
      const world = settled();
      world.unassign('web-0');
      world.unassign('db-0');
      world.start('db-0');
      const { updating } = world.step(spec);
      expect(updating, 'what does not run needs no turn').to.deep.equal(['web-1']);
      expect(world.record('web-0').extraHosts).to.deep.equal([{ name: 'db', address: world.address('db-0') }]);
      world.start('web-1');
      expect(world.step(spec).updating).to.deep.equal(['web-2']);
    });

    it('shows the target’s own variables, and not what its links gave it', () => {
      const three = application(
        service('a', { env: { A: '1' } }),
        service('b', { env: { B: '2' }, links: [link('a')] }),
        service('c', { links: [link('b', 'my-b')], env: { MY_B_NAME: 'mine' } }),
      );
      const world = new World();
      world.settle(three);
      expect(world.record('c-0').env).to.deep.equal({ MY_B_NAME: 'mine', MY_B_ENV_B: '2' });
    });

    it('takes turns over all services of the application', () => {
      const two = application(
        service('db'),
        service('a', { links: [link('db')] }),
        service('b', { links: [link('db')] }),
      );
      const world = new World();
      world.settle(two);
      world.unassign('db-0');
      world.start('db-0');
      expect(world.step(two)).to.deep.include({ updating: ['a-0'], outdated: ['b-0'] });
      world.start('a-0');
      expect(world.step(two)).to.deep.include({ updating: ['b-0'], outdated: [] });
    });

    it('gives way to what it depends on when it runs but does not get well', () => {
      const check = { test: ['CMD', 'x'], interval: 1, timeout: 1, retries: 1, startPeriod: 0 };
      const web = service('web', { links: [link('api')], healthCheck: check });
      const chain = (image: string) =>
        application(service('db'), service('api', { links: [link('db')] }), { ...web, image });
      const world = new World();
      world.settle(chain('web:1'));
      expect(world.step(chain('web:2')).updating).to.deep.equal(['web-0']);
      world.unassign('db-0');
      world.start('db-0', { host: 'h-2' });
      expect(world.step(chain('web:2')), 'it does not run yet').to.deep.include({
        updating: ['web-0'],
        outdated: ['api-0'],
      });
      world.place('web-0');
      world.set('web-0', { state: 'running', health: 'unhealthy' });
      expect(world.step(chain('web:2')).updating).to.deep.equal(['api-0']);
      expect(world.record('api-0').extraHosts).to.deep.equal([{ name: 'db', address: world.address('db-0') }]);
      world.settle(chain('web:2'));
    });

    it('gives way to what it depends on when placement does not start it', () => {
      const three = application(
        service('db'),
        service('api', { replicas: 2, links: [link('db')] }),
        service('web', { links: [link('api')] }),
      );
      const world = new World();
      world.settle(three);
      world.lose('api-0');
      world.unassign('db-0');
      expect(world.step(three).updating, 'it is given api-1').to.deep.equal(['web-0']);
      world.start('db-0', { host: 'h-2' });
      world.unassign('web-0');
      expect(world.step(three), 'it may be about to start').to.deep.include({
        updating: ['web-0'],
        outdated: ['api-1'],
      });
      world.refuse('web-0', 'waits for api-1');
      expect(world.step(three).updating).to.deep.equal(['api-1']);
    });

    it('refuses the second of two planners that both found the turn free', () => {
      const world = settled();
      world.unassign('db-0');
      world.start('db-0');
      const changes = () =>
        plan(spec, world.snapshot(), { cloud: 'accepted' }).units.filter(({ writes }) => writes.length > 1);
      const [early] = changes();
      const [late] = changes();
      world.commit(early!);
      expect(() => world.commit(late!)).to.throw('conflict');
    });
  });

  describe('of a target with replicas', () => {
    const spec = application(service('db', { replicas: 3 }), service('web', { links: [link('db')] }));

    it('waits for all of them before the first start, and gives the lowest', () => {
      const world = new World();
      world.step(spec);
      for (const name of ['db-2', 'db-1']) world.start(name);
      expect(world.step(spec).waits.has('web')).to.equal(true);
      world.start('db-0');
      world.settle(spec);
      // db-1 was the first that was up: it speaks for the service as long as it has its address.
      expect(world.record('web-0').extraHosts).to.deep.equal([{ name: 'db', address: world.address('db-1') }]);
    });

    it('stays with the one that was given while others come and go', () => {
      const world = new World();
      world.settle(spec);
      const given = world.record('web-0').spec;
      world.unassign('db-2');
      world.set('db-0', { state: 'restarting' });
      const grown = {
        ...spec,
        services: spec.services.map((one) => (one.id === 'db' ? { ...one, replicas: 5 } : one)),
      };
      world.step(grown);
      world.start('db-2');
      world.step(grown);
      world.set('db-0', { state: 'running' });
      world.settle(grown);
      expect(world.record('web-0').spec).to.equal(given);
    });

    for (const [what, go] of [
      ['is gone', (world: World) => world.unassign('db-0')],
      ['is lost with its host, wherever it will be', (world: World) => world.lose('db-0')],
    ] as const) {
      it(`goes over to another one that is up when it ${what}`, () => {
        const world = new World();
        world.settle(spec);
        go(world);
        world.step(spec);
        expect(world.record('web-0').extraHosts).to.deep.equal([{ name: 'db', address: world.address('db-1') }]);
      });
    }
  });

  describe('of health', () => {
    const check: ServiceSpec['healthCheck'] = {
      test: ['CMD', 'true'],
      interval: 1,
      timeout: 1,
      retries: 1,
      startPeriod: 0,
    };
    for (const [what, healthCheck, health, started] of [
      ['without a check', undefined, undefined, true],
      ['with a check that has not said anything', check, undefined, false],
      ['that is starting', check, 'starting', false],
      ['that is healthy', check, 'healthy', true],
      ['that is unhealthy', check, 'unhealthy', false],
      ['whose image has a check of its own, unhealthy', undefined, 'unhealthy', false],
      ['whose check is switched off', { ...check, test: ['NONE'] }, undefined, true],
    ] as const) {
      it(`a target ${what} is ${started ? 'up' : 'not up'}`, () => {
        const spec = application(
          service('db', healthCheck && { healthCheck: { ...healthCheck, test: [...healthCheck.test] } }),
          service('web', { links: [link('db')] }),
        );
        const world = new World();
        world.step(spec);
        world.place('db-0');
        world.set('db-0', { state: 'running', health });
        world.step(spec);
        expect(world.names().includes('web-0')).to.equal(started);
      });
    }
  });

  describe('of expressions', () => {
    const spec = application(
      service('db', { image: 'mysql:5', mappedPorts: [{ host: 3306, port: 3306, protocol: 'tcp' }] }),
      service('web', {
        env: {
          URL: {
            $brooklyn:
              '$brooklyn:formatString("mysql://%s/", component("db").attributeWhenReady("host.subnet.address"))',
          },
          IMAGE: { $brooklyn: '$brooklyn:component("db").config("image")' },
        },
        command: ['serve', { $brooklyn: '$brooklyn:component("db").attributeWhenReady("mapped.docker.port.3306")' }],
      }),
    );

    it('waits for the sensors, then writes their values', () => {
      const world = new World();
      expect(world.step(spec).waits.get('web')).to.deep.equal([
        { entity: 'db', sensor: 'host.subnet.address' },
        { entity: 'db', sensor: 'mapped.docker.port.3306' },
      ]);
      world.start('db-0');
      world.step(spec);
      expect(world.record('web-0').env).to.deep.equal({ URL: `mysql://${world.address('db-0')}/`, IMAGE: 'mysql:5' });
      expect(world.record('web-0').command).to.deep.equal(['serve', '192.0.2.1:3306']);
      expect(world.record('web-0').resolvedFrom).to.deep.equal({ 'db-0': world.uid('db-0') });
    });

    it('keeps the values that stand while a sensor is gone', () => {
      const world = new World();
      world.settle(spec);
      const { spec: before } = world.record('web-0');
      world.unassign('db-0');
      world.step(spec);
      expect(world.record('web-0').spec).to.equal(before);
    });
  });
});
