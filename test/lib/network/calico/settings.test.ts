import { expect } from 'chai';
import { backendOf, nodeContainer } from '../../../../lib/network/calico/index.ts';
import type { DockerCloudSpec } from '../../../../lib/records/index.ts';

type Network = DockerCloudSpec['network'];

const network = (more: Partial<Network> = {}): Network => ({
  ...{ provider: 'calico', natOutgoing: true, encapsulation: 'none', wireguard: false },
  ...more,
});
const facts = { host: 'c-abc123', installation: 'ours', address: '192.0.2.11', onInterface: true, missing: [] };
const etcd = { endpoints: ['https://e1:2379', 'https://e2:2379'] };
const made = (more: Partial<Network> = {}, around = {}, access = {}) =>
  nodeContainer(network(more), 'calico/node:v3.32.1', { ...etcd, ...access }, { ...facts, ...around });

describe('the container of calico/node', () => {
  it('is told where etcd is, who it is, and to leave to berth what berth does', () =>
    expect(made().env).to.deep.equal({
      ...{ NODENAME: 'c-abc123', DATASTORE_TYPE: 'etcdv3', WAIT_FOR_DATASTORE: 'true' },
      ETCD_ENDPOINTS: 'https://e1:2379,https://e2:2379',
      CALICO_NETWORKING_BACKEND: 'bird',
      ...{ IP: 'autodetect', IP_AUTODETECTION_METHOD: 'cidr=192.0.2.11/32', IP6: 'none' },
      ...{ NO_DEFAULT_POOLS: 'true', CALICO_MANAGE_CNI: 'false' },
      ...{ FELIX_NFTABLESMODE: 'Disabled', FELIX_CHAININSERTMODE: 'Append', FELIX_USAGEREPORTINGENABLED: 'false' },
    }));

  it('is on the host’s network, with all that the machine can give', () => {
    expect(made()).to.deep.include({
      networkMode: 'host',
      restart: 'always',
      raw: { hostConfig: { Privileged: true } },
    });
    const confined = made({}, { missing: ['SYS_RESOURCE'] }).raw?.hostConfig;
    expect(confined)
      .to.deep.include({ CapAdd: ['ALL'], CapDrop: ['SYS_RESOURCE'] })
      .and.not.have.property('Privileged');
  });

  it('reads certificates from files', () => {
    const files = { caFile: '/a/ca', certFile: '/a/cert', keyFile: '/a/key' };
    const { env, binds } = made({}, {}, files);
    expect(env).to.include({
      ETCD_CA_CERT_FILE: '/etc/berth/ours/calico/ca.pem',
      ETCD_CERT_FILE: '/etc/berth/ours/calico/cert.pem',
      ETCD_KEY_FILE: '/etc/berth/ours/calico/key.pem',
    });
    expect(binds).to.include('/etc/berth/ours/calico:/etc/berth/ours/calico:ro');
  });

  it('takes a password from its environment, where there is no certificate', () =>
    expect(made({}, { login: { user: 'u', password: 'p' } }).env).to.include({
      ETCD_USERNAME: 'u',
      ETCD_PASSWORD: 'p',
    }));

  it('is given the address where no interface of the host has it', () =>
    expect(made({}, { onInterface: false }).env)
      .to.include({ IP: '192.0.2.11' })
      .and.not.have.property('IP_AUTODETECTION_METHOD'));

  it('goes by IPv6 where the host does', () =>
    expect(made({}, { address: '2001:db8::1' }).env).to.include({
      ...{ IP: 'none', IP6: 'autodetect', IP6_AUTODETECTION_METHOD: 'cidr=2001:db8::1/128' },
    }));

  it('makes tunnels as large as the record says', () =>
    expect(made({ mtu: 1400 }).env).to.include({
      ...{ FELIX_IPINIPMTU: '1400', FELIX_VXLANMTU: '1400', FELIX_WIREGUARDMTU: '1400' },
    }));
});

describe('backendOf', () => {
  const bgp = { asNumber: 64_512, mesh: true, peers: [] };
  for (const [encapsulation, peers, backend] of [
    ['none', undefined, 'bird'],
    ['ipip', undefined, 'bird'],
    ['ipipCrossSubnet', undefined, 'bird'],
    ['vxlan', undefined, 'vxlan'],
    ['vxlanCrossSubnet', undefined, 'vxlan'],
    ['vxlan', bgp, 'bird'],
  ] as const)
    it(`${encapsulation}${peers ? ' with bgp' : ''}: ${backend}`, () =>
      expect(backendOf({ encapsulation, ...(peers && { bgp }) })).to.equal(backend));
});
