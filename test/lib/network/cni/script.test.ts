import { expect } from 'chai';
import { parseState } from '../../../../lib/network/cni/network.ts';
import { programsOf } from '../../../../lib/network/cni/plugins.ts';
import { applyScript, type CniSettings, pluginConfigurations } from '../../../../lib/network/cni/script.ts';

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

describe('the address that is offered in CNI_ARGS', () => {
  const both = { ...link, address6: 'fd00::5', subnets: ['10.64.0.0/24', 'fd00::/112'] };
  const asked = (each: typeof link, plugins: CniSettings['plugins']) => {
    const attachments = [{ uid: 'u1', namespace: 'berth-000000000001', interfaces: [each], ports: [] }];
    const plan = { installation: 'i', attachments, routes: [], ownBlocks: [], pools: [], masquerade: [], policies: [] };
    const script = applyScript(plan, settings(plugins), { controller: 'container/0', revision: 1 });
    return script.split('\n').filter((line) => /^"\$1_(interface|refused)" /.test(line));
  };
  const list = (type: string) => [{ type: 'bridge', ipam: { type } }];

  for (const [what, each, type, said] of [
    ['is one, with its prefix length for static', link, 'static', ['IP=10.64.0.5/24']],
    ['is both, with a comma, for static', both, 'static', ['IP=10.64.0.5/24,fd00::5/112']],
    ['is one alone for others', link, 'host-local', ['IP=10.64.0.5']],
    ['is refused where others would be told one of two', both, 'host-local', ['capability ips', 'IP=10.64.0.5']],
  ] as const)
    it(what, () => {
      const lines = asked(each, list(type));
      expect(lines).to.have.length(said.length);
      for (const [index, text] of said.entries()) expect(lines[index]).to.match(new RegExp(`${text}[',]`));
    });

  it('is none where a plugin takes addresses by the capability ips', () =>
    expect(asked(both, [{ type: 'x', capabilities: { ips: true } }])[0]).to.not.contain('IP='));
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
