import { expect } from 'chai';
import { accepted } from './accepted.ts';

const read = (text: string) => accepted('applications', 'default/shop', text);

describe('the networks of a service', () => {
  const joined = (own: string, all = '') =>
    read(`location: c\n${all}\nservices:\n- type: docker:a\n${own}`).services[0]!.networks;

  // biome-ignore format: a table
  for (const [own, all, networks] of [
    ['', '', undefined],
    ['  network: default', '', undefined],
    ['  networks: [default]', '', undefined],
    ['  networks:', '', undefined],
    ['  network: blue', '', ['blue']],
    ['  networks: blue', '', ['blue']],
    ['  networks: [red, default, blue]', '', ['red', 'default', 'blue']],
    ['  brooklyn.config: { networks: [red, blue] }', '', ['red', 'blue']],
    ['  network.list: [red, blue]', '', ['default', 'red', 'blue']],
    ['  network.list: "red, blue"', '', ['default', 'red', 'blue']],
    ['  brooklyn.config: { network.list: [red] }', '', ['default', 'red']],
    ['  network.list: []', '', undefined],
    ['', 'networks: [front]', ['front']],
    ['  networks: [blue]', 'networks: [front]', ['front', 'blue']],
    ['  networks: [front, blue]', 'networks: [front]', ['front', 'blue']],
    ['  network: default', 'networks: [front]', ['front', 'default']],
    ['  network.list: [blue]', 'networks: [front]', ['front', 'blue']],
  ] as const)
    it(`are ${networks?.join(', ') ?? 'the default'} by “${own.trim()}”${all && ` below “${all}”`}`, () =>
      expect(joined(own, all)).to.deep.equal(networks));
});

describe('a network of a blueprint', () => {
  const fields = 'networkId: back, cidr: 192.168.34.0/24, gateway: 192.168.34.1, mtu: 1400, allowFrom: [front]';

  for (const [type, text] of [
    ['brooklyn.networking.VirtualNetwork', `{ type: brooklyn.networking.VirtualNetwork, ${fields} }`],
    [
      'clocker.docker.networking.entity.VirtualNetwork',
      `{ type: clocker.docker.networking.entity.VirtualNetwork, brooklyn.config: { ${fields} } }`,
    ],
  ] as const)
    it(`is read as a VirtualNetwork is, and is no service, as ${type}`, () =>
      expect(read(`location: c\nservices:\n- ${text}\n- type: docker:a`)).to.deep.include({
        virtualNetworks: [
          {
            id: 'back',
            networkId: 'back',
            type,
            spec: {
              cidr: '192.168.34.0/24',
              gateway: '192.168.34.1',
              dnsServers: [],
              addIptablesRules: true,
              pools: [],
              natOutgoing: true,
              allowFrom: ['front'],
              mtu: 1400,
            },
          },
        ],
      }));

  it('may say something of the default network, and be all that there is', () => {
    const spec = read(
      'location: c\nservices: [{ type: brooklyn.networking.VirtualNetwork, networkId: default, id: net }]',
    );
    expect(spec.services).to.deep.equal([]);
    expect(spec.virtualNetworks?.map(({ id, networkId }) => [id, networkId])).to.deep.equal([['net', 'default']]);
  });

  it('has name servers that are addresses or expressions', () => {
    const text =
      'location: c\nservices: [{ type: brooklyn.networking.VirtualNetwork, networkId: a, dnsServers: SERVERS }]';
    const servers = (written: string) => read(text.replace('SERVERS', written)).virtualNetworks?.[0]?.spec.dnsServers;
    const asked = { $brooklyn: '$brooklyn:entity("dns").attributeWhenReady("host.address")' };
    expect(servers(`[10.0.0.1, '${asked.$brooklyn}']`)).to.deep.equal(['10.0.0.1', asked]);
    expect(servers(`'${asked.$brooklyn}'`)).to.deep.equal([asked]);
  });

  it('does not change what a blueprint without networks is accepted as', () =>
    expect(read('location: c\nservices: [{ type: docker:a }]')).to.not.have.property('virtualNetworks'));
});
