import { expect } from 'chai';
import fc from 'fast-check';
import { plan, ROOT, upOf } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec, ServiceSpec } from '../../../lib/records/index.ts';
import { application, blueprint1, names, service, tcp, World } from './fixtures.ts';

const link = (target: string, alias = target) => ({ alias, service: target });

describe('plan', () => {
  describe('of the talk’s Application Blueprint 1', () => {
    const world = new World();

    it('begins with what waits for nobody, and a network for all', () => {
      const { waits } = world.step(blueprint1);
      expect(world.names()).to.deep.equal(['dnmonster-service-0', 'redis-service-0']);
      expect(world.claims.get('default')?.record).to.deep.equal({ uid: 7, cloud: 'my-docker-cloud', containers: 3 });
      expect([...world.entities.keys()].sort()).to.deep.equal([
        ROOT,
        'app-service',
        'dnmonster-service',
        'redis-service',
      ]);
      expect(waits.get('app-service')?.map(({ entity }) => entity)).to.deep.equal([
        'redis-service',
        'dnmonster-service',
      ]);
    });

    it('writes the whole record', () => {
      const { spec, ...record } = world.record('redis-service-0');
      expect(spec).to.match(/^[0-9a-f]{16}$/);
      expect(record).to.deep.equal({
        uid: 7,
        cloud: 'my-docker-cloud',
        service: 'redis-service',
        image: 'redis:3',
        env: {},
        labels: {},
        resources: { cpus: 0, memory: 0 },
        ports: [{ port: 6379, protocol: 'tcp', host: 0 }],
        networks: ['default.shop.default'],
        volumes: [],
        extraHosts: [],
        restart: 'unless-stopped',
        stopGrace: 10,
        run: true,
        update: 'stop-first',
        strategies: [],
      });
    });

    it('goes on waiting while one target is not up', () => {
      world.place('redis-service-0');
      expect(world.step(blueprint1).waits.has('app-service')).to.equal(true);
      world.set('redis-service-0', { state: 'creating' });
      expect(world.step(blueprint1).waits.has('app-service')).to.equal(true);
      world.set('redis-service-0', { state: 'running' });
      expect(world.step(blueprint1).waits.get('app-service')).to.deep.equal([
        { entity: 'dnmonster-service', sensor: 'service.isUp' },
      ]);
    });

    it('injects the links once both are up', () => {
      world.start('dnmonster-service-0');
      world.step(blueprint1);
      const redis = world.address('redis-service-0');
      const dnmonster = world.address('dnmonster-service-0');
      const { env, extraHosts, ports } = world.record('app-service-0');
      expect(ports).to.deep.equal([{ port: 8080, protocol: 'tcp', host: 80 }]);
      expect(extraHosts).to.deep.equal([
        { name: 'dnmonster', address: dnmonster },
        { name: 'redis', address: redis },
      ]);
      expect(env).to.deep.equal({
        REDIS_NAME: '/app-service-0/redis',
        REDIS_PORT: `tcp://${redis}:6379`,
        REDIS_PORT_6379_TCP: `tcp://${redis}:6379`,
        REDIS_PORT_6379_TCP_ADDR: redis,
        REDIS_PORT_6379_TCP_PORT: '6379',
        REDIS_PORT_6379_TCP_PROTO: 'tcp',
        DNMONSTER_NAME: '/app-service-0/dnmonster',
        DNMONSTER_PORT: `tcp://${dnmonster}:8080`,
        DNMONSTER_PORT_8080_TCP: `tcp://${dnmonster}:8080`,
        DNMONSTER_PORT_8080_TCP_ADDR: dnmonster,
        DNMONSTER_PORT_8080_TCP_PORT: '8080',
        DNMONSTER_PORT_8080_TCP_PROTO: 'tcp',
      });
    });

    it('says where the application is, and then rests', () => {
      world.start('app-service-0');
      world.step(blueprint1);
      expect(world.entities.get(ROOT)?.record.sensors).to.deep.equal({
        'service.isUp': true,
        'main.uri': 'http://192.0.2.1/',
      });
      expect(world.entities.get('app-service')?.record.sensors).to.deep.equal({
        'service.isUp': true,
        'host.name': 'h-1',
        'host.address': '192.0.2.1',
        'host.subnet.address': world.address('app-service-0'),
        'mapped.docker.port.8080': '192.0.2.1:80',
        'main.uri': 'http://192.0.2.1/',
      });
      const { units, waits, outdated, updating } = world.step(blueprint1);
      expect({ units, waits: [...waits], outdated, updating }).to.deep.equal({
        units: [],
        waits: [],
        outdated: [],
        updating: [],
      });
    });
  });

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

    it('goes over to another one that is up when it is gone', () => {
      const world = new World();
      world.settle(spec);
      world.unassign('db-0');
      world.step(spec);
      expect(world.record('web-0').extraHosts).to.deep.equal([{ name: 'db', address: world.address('db-1') }]);
    });
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

  it('writes no container while the cloud is missing, and leaves what stands', () => {
    const world = new World();
    world.step(blueprint1, 'missing');
    expect(world.names()).to.deep.equal([]);
    expect(world.claims.size).to.equal(0);
    world.settle(blueprint1);
    const before = world.names().map((name) => world.record(name));
    const changed = application(...blueprint1.services.map((one) => ({ ...one, image: 'x' })));
    world.step(changed, 'missing');
    expect(world.names().map((name) => world.record(name))).to.deep.equal(before);
  });

  it('makes units of one or two writes, however large the application', () => {
    const { units } = new World().step(application(service('a', { replicas: 200 })));
    expect(units).to.have.length(200 + 3);
    for (const { writes } of units) expect(writes).to.have.length.within(1, 2);
  });

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
