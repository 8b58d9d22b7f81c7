import { expect } from 'chai';
import { parseState } from '../../../../lib/network/cni/network.ts';
import { programsOf } from '../../../../lib/network/cni/plugins.ts';
import { type CniSettings, pluginConfigurations } from '../../../../lib/network/cni/script.ts';

const link = {
  name: 'eth0',
  network: 'blue',
  hostInterface: 'cali00000000001',
  address: '10.64.0.5',
  mac: 'ee:00:00:00:00:01',
  subnets: ['10.64.0.0/24'],
};
const settings = (plugins: CniSettings['plugins']): CniSettings => ({
  cniVersion: '0.4.0',
  plugins,
  binDir: '/usr/lib/cni',
});
const ports = [{ host: 80, port: 8080, protocol: 'tcp' as const }];
const told = (plugins: CniSettings['plugins'], published = ports) =>
  pluginConfigurations(link, published, settings(plugins)).map(({ text }) => JSON.parse(text));

describe('what a plugin is told', () => {
  it('is its configuration, with name and version', () =>
    expect(told([{ type: 'bridge', ipam: { type: 'host-local' } }])).to.deep.equal([
      { cniVersion: '0.4.0', name: 'blue', type: 'bridge', ipam: { type: 'host-local' } },
    ]));

  for (const [capability, said] of [
    ['ips', { ips: ['10.64.0.5/24'] }],
    ['mac', { mac: 'ee:00:00:00:00:01' }],
    ['portMappings', { portMappings: [{ hostPort: 80, containerPort: 8080, protocol: 'tcp' }] }],
  ] as const)
    it(`with the capability ${capability}, ${JSON.stringify(said)}`, () =>
      expect(told([{ type: 'x', capabilities: { [capability]: true } }])).to.deep.equal([
        { cniVersion: '0.4.0', name: 'blue', type: 'x', runtimeConfig: said },
      ]));

  it('is nothing of a capability that is switched off', () =>
    expect(told([{ type: 'x', capabilities: { ips: false } }])[0]).to.not.have.property('runtimeConfig'));

  it('has both addresses of an interface that has two', () => {
    const both = { ...link, address6: 'fd00::5', subnets: ['10.64.0.0/24', 'fd00::/112'] };
    const [first] = pluginConfigurations(both, [], settings([{ type: 'x', capabilities: { ips: true } }]));
    expect(JSON.parse(first!.text).runtimeConfig).to.deep.equal({ ips: ['10.64.0.5/24', 'fd00::5/112'] });
  });
});

describe('what the plugins answered', () => {
  it('is read from the interfaces', () =>
    expect(
      parseState(
        'namespace berth-1\naddress berth-1 eth0 10.1.0.2\naddress berth-1 eth0 fd00::2\nnamespace berth-2\nintact a\ndone\n',
      ),
    ).to.deep.include({
      namespaces: [
        {
          name: 'berth-1',
          addresses: ['10.1.0.2', 'fd00::2'],
          interfaces: [{ name: 'eth0', addresses: ['10.1.0.2', 'fd00::2'] }],
        },
        { name: 'berth-2', addresses: [], interfaces: [] },
      ],
      intact: ['a'],
    }));
});

describe('programsOf', () => {
  it('names the plugins and those that hand out addresses', () =>
    expect(
      programsOf([{ type: 'bridge', ipam: { type: 'static' } }, { type: 'portmap' }, { type: 'portmap' }]),
    ).to.deep.equal(['bridge', 'static', 'portmap']));
});
