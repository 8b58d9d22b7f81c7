import { expect } from 'chai';
import fc from 'fast-check';
import { ownNetworks, problemsOf } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec, BlueprintNetwork, Value } from '../../../lib/records/index.ts';
import { application, link, service, tcp, World } from './fixtures.ts';

const network = (networkId: string, spec: Partial<BlueprintNetwork['spec']> = {}): BlueprintNetwork => ({
  id: networkId,
  networkId,
  type: 'brooklyn.networking.VirtualNetwork',
  spec: { addIptablesRules: true, pools: [], natOutgoing: true, allowFrom: [], dnsServers: [], ...spec },
});

const withNetworks = (spec: ApplicationSpec, ...virtualNetworks: BlueprintNetwork[]): ApplicationSpec => ({
  ...spec,
  virtualNetworks,
});

const addressOf = (id: string, sensor = 'host.address'): Value => ({
  $brooklyn: `$brooklyn:entity("${id}").attributeWhenReady("${sensor}")`,
});

const claims = (world: World) => Object.fromEntries([...world.claims].map(([name, { record }]) => [name, record]));

describe('the networks of an application', () => {
  it('are its own where it declares them, and VirtualNetworks else, in the order of the interfaces', () => {
    const world = new World();
    world.step(withNetworks(application(service('web', { networks: ['back', 'blue', 'default'] })), network('back')));
    expect(world.record('web-0').networks).to.deep.equal(['default.shop.back', 'blue', 'default.shop.default']);
  });

  it('are claimed with what is said of them and the number of containers that join each', () => {
    const world = new World();
    const spec = { cidr: '10.9.0.0/24', allowFrom: ['front', 'default', 'blue', 'a.b.c'] };
    world.step(
      withNetworks(
        application(
          service('web', { replicas: 3, networks: ['front', 'back'] }),
          service('db', { replicas: 2, networks: ['back', 'blue'] }),
        ),
        network('front'),
        network('back', spec),
        network('spare'),
      ),
    );
    const { front, back, spare, ...others } = claims(world);
    expect(others, 'no claim of default, which nobody joins, nor of a VirtualNetwork').to.deep.equal({});
    expect([front?.containers, back?.containers, spare?.containers]).to.deep.equal([3, 5, 0]);
    expect(back).to.deep.include({ uid: 7, cloud: 'my-docker-cloud' });
    expect(back?.spec).to.deep.include({
      cidr: '10.9.0.0/24',
      allowFrom: ['default.shop.front', 'default.shop.default', 'blue', 'a.b.c'],
    });
  });

  it('need a new incarnation when they change, and a claim goes when no container is left on its network', () => {
    const world = new World();
    const before = application(service('web', { replicas: 2 }));
    world.settle(before);
    const after = withNetworks(application(service('web', { replicas: 2, networks: ['back'] })), network('back'));
    const seen: string[][] = [];
    for (let round = 0; round < 8; round++) {
      world.step(after);
      seen.push([...world.claims.keys()].sort());
      const stale = world.names().find((name) => !world.isUp(name));
      if (stale !== undefined) world.start(stale);
    }
    expect(seen[0]).to.deep.equal(['back', 'default']);
    expect(seen[1], 'one of two is still on it').to.deep.equal(['back', 'default']);
    expect(seen.at(-1)).to.deep.equal(['back']);
    expect(world.record('web-1').networks).to.deep.equal(['default.shop.back']);
  });

  it('are entities with sensors that others can ask', () => {
    const world = new World();
    const asks = service('web', { env: { RANGE: addressOf('back', 'network.cidr') } });
    const spec = withNetworks(application(asks), network('back', { cidr: '10.9.0.0/24' }));
    expect(problemsOf(spec)).to.deep.equal([]);
    world.settle(spec);
    expect(world.record('web-0').env.RANGE).to.equal('10.9.0.0/24');
    expect(world.entities.get('back')?.record).to.deep.include({ type: 'brooklyn.networking.VirtualNetwork' });
    expect(world.entities.get('back')?.record.sensors).to.deep.equal({
      'service.isUp': true,
      'network.id': 'back',
      'network.name': 'default.shop.back',
      'network.cidr': '10.9.0.0/24',
      'network.gateway': '169.254.1.1',
      'network.dnsServers': [],
    });
  });

  it('are waited for where they are barred, which leaves what runs alone', () => {
    const world = new World();
    const spec = (image: string) =>
      application(service('web', { image, networks: ['blue'] }), service('db', { image }));
    world.barred.set('blue', 'missing');
    world.step(spec('x:1'));
    expect(world.names()).to.deep.equal(['db-0']);
    world.barred.clear();
    world.settle(spec('x:1'));
    world.barred.set('blue', 'forbidden');
    world.settle(spec('x:2'));
    expect(['web-0', 'db-0'].map((name) => world.record(name).image)).to.deep.equal(['x:1', 'x:2']);
  });
});

describe('a container whose new record has a network that is not there', () => {
  const on = (name: string, more: Partial<Parameters<typeof service>[1]> = {}) =>
    withNetworks(application(service('web', { replicas: 2, networks: [name], ...more })), network('n'));
  const joined = (world: World) => world.names().map((name) => world.record(name).networks[0]);
  const running = () => {
    const world = new World();
    world.refused.add('n');
    world.settle(on('default'));
    return world;
  };

  it('runs on until it is, with the claim made first', () => {
    const world = running();
    world.settle(on('n'));
    expect(joined(world)).to.deep.equal(['default.shop.default', 'default.shop.default']);
    expect([...world.claims.keys()]).to.deep.equal(['n', 'default']);
    const { held, outdated } = world.step(on('n'));
    expect([...held]).to.deep.equal([
      ['web-0', ['default.shop.n']],
      ['web-1', ['default.shop.n']],
    ]);
    expect(outdated).to.deep.equal(['web-0', 'web-1']);
    world.refused.clear();
    world.settle(on('n'));
    expect(joined(world)).to.deep.equal(['default.shop.n', 'default.shop.n']);
    expect([...world.claims.keys()]).to.deep.equal(['n']);
  });

  it('keeps its record also while it is on its way to another host', () => {
    const world = running();
    world.unassign('web-0');
    world.step(on('n'));
    expect(joined(world)[0]).to.equal('default.shop.default');
  });

  it('runs on whatever else changes', () => {
    const world = running();
    world.settle(on('n', { image: 'web:2' }));
    expect(world.record('web-0').image).to.equal('web:latest');
  });

  it('is changed at once where it could not run as it is either', () => {
    const world = new World();
    world.refused.add('n');
    world.step(on('n'));
    world.refused.add('default');
    world.step(on('default'));
    expect(joined(world)).to.deep.equal(['default.shop.default', 'default.shop.default']);
  });

  it('is brought back with what ran, where its rollout had begun', () => {
    const world = running();
    world.refused.clear();
    world.step(on('n'));
    world.step(on('n'));
    expect(joined(world)).to.deep.equal(['default.shop.n', 'default.shop.default']);
    world.unassign('web-0');
    world.refused.add('n');
    world.step(on('default'));
    expect(joined(world)).to.deep.equal(['default.shop.default', 'default.shop.default']);
  });
});

describe('an address that another is told', () => {
  // biome-ignore format: a table
  for (const [own, target, index] of [
    [['default'], ['default'], 0],
    [['back'], ['front', 'back'], 1],
    [['back', 'front'], ['front', 'back'], 1],
    [['blue', 'front'], ['front', 'back'], 0],
    [['blue'], ['front', 'back'], 0],
  ] as const)
    it(`is of interface ${index} on ${target.join(', ')} for one on ${own.join(', ')}`, () => {
      const world = new World();
      const spec = withNetworks(
        application(
          service('db', { openPorts: [tcp(5432)], networks: [...target] }),
          service('web', {
            networks: [...own],
            links: [link('db')],
            env: { HOST: addressOf('db', 'host.subnet.address') },
          }),
        ),
        network('front'),
        network('back'),
      );
      world.settle(spec);
      const { env, extraHosts } = world.record('web-0');
      expect([env.HOST, env.DB_PORT_5432_TCP_ADDR, extraHosts[0]?.address]).to.deep.equal(
        Array(3).fill(world.address('db-0', index)),
      );
      expect(world.entities.get('db')?.record.sensors['host.subnet.address']).to.equal(world.address('db-0'));
    });
});

describe('name servers of a network', () => {
  const dns = (more: Partial<ReturnType<typeof service>> = {}) =>
    service('bind-server', { networks: ['database-net'], ...more });
  const slide25 = (bind = dns()) =>
    withNetworks(
      application(service('db', { networks: ['database-net'] }), bind, service('other')),
      network('database-net', { dnsServers: ['10.0.0.1', addressOf('bind-server')] }),
    );
  const servers = (world: World) => world.claims.get('database-net')?.record.spec?.dnsServers;

  it('are claimed as far as they are known, and what joins the network waits for the others', () => {
    const world = new World();
    const { waits } = world.step(slide25());
    expect(world.names()).to.deep.equal(['bind-server-0', 'other-0']);
    expect(waits.get('db')).to.deep.equal([
      { entity: 'bind-server', sensor: 'service.isUp' },
      { entity: 'bind-server', sensor: 'host.address' },
    ]);
    expect(servers(world)).to.deep.equal(['10.0.0.1']);

    world.start('bind-server-0');
    world.step(slide25());
    expect(servers(world)).to.deep.equal(['10.0.0.1', world.address('bind-server-0')]);
    expect(world.names(), 'before the network has it').to.not.include('db-0');
    world.step(slide25());
    expect(world.names()).to.include('db-0');
  });

  it('change with what they ask, and nothing is created anew for that', () => {
    const world = new World();
    world.settle(slide25());
    const before = world.uid('db-0');
    world.start('bind-server-0');
    world.settle(slide25());
    expect(servers(world)).to.deep.equal(['10.0.0.1', world.address('bind-server-0')]);
    expect(world.uid('db-0')).to.equal(before);
  });

  // biome-ignore format: a table
  for (const [what, bind, address] of [
    ['on the network: its address there', dns({ networks: ['default', 'database-net'] }), (world: World) => world.address('bind-server-0', 1)],
    ['elsewhere: its first', dns({ networks: ['default'] }), (world: World) => world.address('bind-server-0')],
    ['elsewhere with port 53 of its host: that', dns({ networks: ['default'], mappedPorts: [{ host: 53, port: 53, protocol: 'udp' }] }), () => '192.0.2.1'],
    ['on the network with port 53 of its host: its address there', dns({ directPorts: [{ port: 53, protocol: 'udp' }] }), (world: World) => world.address('bind-server-0')],
  ] as const)
    it(`are where their members reach port 53 of a service ${what}`, () => {
      const world = new World();
      world.settle(slide25(bind));
      expect(servers(world)?.[1]).to.equal(address(world));
      expect(world.entities.get('bind-server')?.record.sensors['host.address']).to.equal('192.0.2.1');
    });

  it('do not hold up what they need themselves', () => {
    const world = new World();
    const bind = dns({ links: [link('zones')] });
    const spec = slide25(bind);
    const zones = service('zones', { networks: ['database-net'] });
    world.settle({ ...spec, services: [...spec.services, zones] });
    expect(world.names()).to.deep.equal(['bind-server-0', 'db-0', 'other-0', 'zones-0']);
  });

  it('that are no addresses are said so by what waits for them', () => {
    const world = new World();
    const spec = withNetworks(
      application(service('db', { networks: ['n'] }), service('x')),
      network('n', { dnsServers: [addressOf('x', 'host.name')] }),
    );
    world.step(spec);
    world.start('x-0');
    expect(world.step(spec).waits.get('db')).to.deep.equal([{ entity: 'n', sensor: 'an IP address in dnsServers[0]' }]);
    expect(world.claims.get('n')?.record.spec?.dnsServers).to.deep.equal([]);
  });

  it('that name nobody are a problem of the blueprint, with its place', () => {
    const spec = withNetworks(application(service('db')), network('n', { dnsServers: ['::1', addressOf('dbb')] }));
    const [problem] = problemsOf(spec);
    expect(problem).to.deep.include({ code: 'BERTH_NOT_FOUND', path: ['virtualNetworks', 0, 'dnsServers', 1] });
  });

  const ids = ['a', 'b', 'c', 'd', 'e'];
  const nets = ['m', 'n', 'o'];
  const blueprints = fc
    .record({
      services: fc.tuple(
        ...ids.map(() =>
          fc.record({
            replicas: fc.integer({ min: 1, max: 2 }),
            networks: fc.subarray([...nets, 'default'], { minLength: 1 }),
            targets: fc.subarray(ids),
          }),
        ),
      ),
      asked: fc.tuple(...nets.map(() => fc.subarray([...ids, 'm', 'n', 'o', 'parent']))),
    })
    .map(({ services, asked }) =>
      withNetworks(
        application(
          ...services.map(({ targets, ...rest }, index) =>
            // Links lead to what was declared before: no loops of these.
            service(ids[index]!, { ...rest, links: targets.filter((id) => id < ids[index]!).map((id) => link(id)) }),
          ),
        ),
        ...nets.map((id, index) =>
          network(id, {
            dnsServers: asked[index]!.map((one) =>
              nets.includes(one)
                ? addressOf(one, 'network.gateway')
                : one === 'parent'
                  ? { $brooklyn: '$brooklyn:parent().attributeWhenReady("main.uri")' }
                  : addressOf(one),
            ),
          }),
        ),
      ),
    );

  it('never keep two services waiting for each other, whoever asks whom, and all have them in the end', () =>
    fc.assert(
      fc.property(blueprints, (spec) => {
        expect(problemsOf(spec)).to.deep.equal([]);
        const world = new World();
        world.settle(spec);
        expect(world.names()).to.have.length(spec.services.reduce((sum, { replicas }) => sum + replicas, 0));
        const joined = ownNetworks(spec);
        expect([...world.claims.keys()].sort()).to.deep.equal([...joined.keys()].sort());
        for (const [name, count] of joined) expect(world.claims.get(name)?.record.containers).to.equal(count);
        expect(world.step(spec).units, 'planning again').to.deep.equal([]);
      }),
      { numRuns: 60 },
    ));
});
