import { expect } from 'chai';
import { ROOT } from '../../../lib/blueprint/index.ts';
import { application, blueprint1, service, World } from './fixtures.ts';

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
});
