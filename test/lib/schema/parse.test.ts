import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseRecord } from '../../../lib/schema/index.ts';
import { accepted } from './accepted.ts';

const examples = new URL('../../../examples/', import.meta.url);

describe('the blueprints of the talk', () => {
  const talk = new URL('talk/', examples);
  const read = (name: string) =>
    parseRecord({ kind: 'applications', id: 'default/talk', value: readFileSync(new URL(name, talk)) });

  it('of slide 13 is accepted', () => {
    const result = read('slide-13-docker-hub-redis.yaml');
    expect(result).to.have.nested.property('spec.location', 'my-docker-cloud');
    expect(result).to.have.nested.property('spec.services[0].image', 'redis:3');
    expect(result).to.have.nested.property('spec.services[0].id', 'redis');
  });

  it('of slide 29 is accepted, ports and links included', () => {
    const { services } = accepted(
      'applications',
      'default/talk',
      readFileSync(new URL('slide-29-blueprint-1.yaml', talk)),
    );
    expect(services.map(({ id }) => id)).to.deep.equal(['redis-service', 'dnmonster-service', 'app-service']);
    expect(services[0]!.openPorts).to.deep.equal([{ port: 6379, protocol: 'tcp' }]);
    expect(services[2]!.mappedPorts).to.deep.equal([{ port: 8080, protocol: 'tcp', host: 80 }]);
    expect(services[2]!.links).to.deep.equal([
      { alias: 'redis', service: 'redis-service' },
      { alias: 'dnmonster', service: 'dnmonster-service' },
    ]);
  });

  const later: Record<string, string[]> = {
    'slide-14-redis-cluster.yaml': [
      'jclouds:aws-ec2:eu-central-1',
      'org.apache.brooklyn.entity.nosql.redis.RedisCluster',
    ],
    'slide-15-appserver-with-policy.yaml': ['jclouds:aws-ec2:eu-west-1', 'ControlledDynamicWebAppCluster', 'MySqlNode'],
    'slide-25-networks.yaml': ['brooklyn.networking.OpenStackVirtualNetwork'],
    'slide-30-blueprint-2.yaml': ['org.apache.brooklyn.entity.nosql.RedisStore'],
    'slide-31-blueprint-3.yaml': ['org.apache.brooklyn.entity.nosql.RedisStore'],
    'slide-32-blueprint-4.yaml': ['jclouds:aws-ec2:eu-west-1', 'org.apache.brooklyn.entity.nosql.RedisStore'],
  };
  for (const [name, words] of Object.entries(later))
    it(`of ${name} waits for ${words.join(', ')}`, () => {
      const result = read(name);
      if (result.ok) return expect.fail('accepted');
      expect(result.errors.map(({ code }) => code)).to.deep.equal(words.map(() => 'BERTH_NOT_SUPPORTED_YET'));
      for (const [i, word] of words.entries()) expect(result.errors[i]!.message).to.include(word);
    });

  it('are all there', () => expect(readdirSync(talk)).to.have.length(2 + Object.keys(later).length));
});

describe('the examples', () => {
  for (const [kind, id, file] of [
    ['dockerclouds', 'my-machines', 'dockercloud-byon.yaml'],
    ['dockerclouds', 'my-docker-cloud', 'dockercloud-sandbox.yaml'],
    ['dockerclouds', 'paper', 'dockercloud-hollow.yaml'],
    ['applications', 'default/shop', 'application-shop.yaml'],
    ['applications', 'default/dns', 'application-dns.yaml'],
    ['applications', 'default/tiers', 'application-networks.yaml'],
    ['namespaces', 'team-a', 'namespace.yaml'],
  ] as const)
    it(`${file} is accepted`, () =>
      expect(accepted(kind, id, readFileSync(new URL(file, examples)))).to.be.an('object'));
});

describe('an accepted record', () => {
  it('needs neither apiVersion nor kind: the key says what it is', () =>
    expect(accepted('dockerclouds', 'c', '{"spec": {"location": "sandbox"}}')).to.deep.equal(
      accepted('dockerclouds', 'c', 'apiVersion: berth/v1\nkind: DockerCloud\nspec: { location: sandbox }\n'),
    ));

  it('has every default', () =>
    expect(
      accepted('dockerclouds', 'c', 'apiVersion: berth/v1\nkind: DockerCloud\nspec:\n  location: sandbox\n  ssh:\n'),
    ).to.deep.equal({
      location: [{ driver: 'sandbox', text: 'sandbox' }],
      ssh: { user: 'root', hostKeys: {} },
      hosts: { min: 1, max: 10 },
      machine: { minCores: 0, minRam: 0, labels: {} },
      docker: { registryMirrors: [], insecureRegistries: [], volumes: {}, daemon: {} },
      tls: { generate: true },
      network: { provider: 'linux', natOutgoing: true, encapsulation: 'none', wireguard: false },
      dns: { zone: 'berth', reverseZones: [], ttl: 5, servers: [] },
      swarm: { enabled: false },
      placement: { strategies: [] },
      deletion: 'wait',
    }));

  it('may set a field that comes later to its default', () =>
    expect(
      accepted(
        'dockerclouds',
        'c',
        'apiVersion: berth/v1\nkind: DockerCloud\nspec:\n  location: sandbox\n  headroom: { scaleDown: { delay: 300s } }\n  swarm: { enabled: false }\n',
      ),
    ).to.have.nested.property('swarm.enabled', false));

  it('has room for as many hosts as it wants at least', () =>
    expect(
      accepted(
        'dockerclouds',
        'c',
        'apiVersion: berth/v1\nkind: DockerCloud\nspec: { location: hollow, hosts: { min: 5000 } }',
      ).hosts,
    ).to.deep.equal({ min: 5000, max: 5000 }));

  it('may be JSON, and places its mistakes there too', () => {
    const text = JSON.stringify({ location: 'c', services: [{ type: 'docker:a', replicas: 'two' }] });
    const result = parseRecord({ kind: 'applications', id: 'n/a', value: Buffer.from(text) });
    expect(result).to.have.nested.property(
      'errors[0].details.place',
      `applications/n/a:1:${text.indexOf('"two"') + 1} services[0].replicas`,
    );
  });

  it('answers all its mistakes, in the order of the text, and ten at most', () => {
    const text = `location: c\nservices:\n- type: docker:a\n${Array.from({ length: 12 }, (_, i) => `  wrong${i}: 1\n`).join('')}`;
    const result = parseRecord({ kind: 'applications', id: 'n/a', value: Buffer.from(text) });
    if (result.ok) return expect.fail('accepted');
    expect(result.errors.map(({ details }) => details.place!.split(' ')[0])).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => `applications/n/a:${i + 4}:3`),
    );
  });

  it('is read through anchors and aliases', () =>
    expect(
      accepted(
        'applications',
        'n/a',
        'location: c\nservices:\n- { type: docker:a, env: &env { A: 1 } }\n- { type: docker:b, env: *env }',
      ).services[1]!.env,
    ).to.deep.equal({ A: '1' }));

  it('places what its reader finds wrong, also below brooklyn.config', () => {
    const text = `apiVersion: berth/v1\nkind: Application\nspec:\n  location: c\n  services:\n  - type: docker:a\n    brooklyn.config: { env: { A: '$brooklyn:x' } }\n`;
    const result = parseRecord({ kind: 'applications', id: 'n/a', value: Buffer.from(text) });
    if (!result.ok) return expect.fail(result.errors.join());
    const [error] = result.report([
      { code: 'BERTH_INVALID', path: ['services', 0, 'env', 'A'], offset: 10, message: 'no such function' },
    ]);
    expect(error!.details.place).to.equal('applications/n/a:7:45 spec.services[0]["brooklyn.config"].env.A');
  });
});
