import { expect } from 'chai';
import { keyOf, nameOf } from '../../../lib/calico/index.ts';
import type { DockerCloudSpec } from '../../../lib/records/index.ts';
import { cloudSpec } from '../../harness/records.ts';
import { Scenario } from './scenario.ts';

type Network = DockerCloudSpec['network'];

/** Where a node has the addresses of its tunnels. */
interface Tunnels {
  ipv4VXLANTunnelAddr?: string;
  bgp: { ipv4IPIPTunnelAddr?: string };
}

const calico = (more: Partial<Network> = {}): Network => ({
  ...{ provider: 'calico', natOutgoing: true, encapsulation: 'none', wireguard: false },
  calico: { image: 'calico/node:v3.32.1', etcd: { endpoints: ['https://etcd:2379'] } },
  ...more,
});
const linux: Network = { provider: 'linux', natOutgoing: true, encapsulation: 'none', wireguard: false };

describe('a cloud with the provider calico', () => {
  let s: Scenario;
  beforeEach(() => {
    s = new Scenario();
  });
  afterEach(() => s.stop());

  const cloud = (network: Network, name = 'cloud', max = 10) =>
    s.write('accepted/dockerclouds', name, {
      ...{ generation: 1, uid: 1 },
      spec: cloudSpec({ network, hosts: { min: 1, max } }),
    });
  const node = (host: string) => JSON.parse(s.calico(keyOf.node(host)) ?? '{}');
  const hosts = async () => {
    await s.host('h-1', { address: '192.0.2.11', subnet: '192.0.2.0/24', labels: { rack: 'r1' } });
    await s.host('h-2', { address: '198.51.100.7', subnet: '198.51.100.0/26' });
    await s.settle();
  };

  it('has a node for each host, with the prefix length of its subnet and labels to select it by', async () => {
    await cloud(calico());
    await hosts();
    expect(node('h-1').spec.bgp).to.deep.equal({ ipv4Address: '192.0.2.11/24' });
    expect(node('h-2').spec.bgp).to.deep.equal({ ipv4Address: '198.51.100.7/26' });
    expect(node('h-1').metadata.labels).to.deep.equal({ 'io.berth.cloud': 'cloud', rack: 'r1' });
    expect(s.calico(keyOf.clusterInformation())).to.contain('"datastoreReady":true');
  });

  for (const [encapsulation, handle, where] of [
    ['vxlan', 'vxlan-tunnel-addr-h-1', ({ ipv4VXLANTunnelAddr }: Tunnels) => ipv4VXLANTunnelAddr],
    ['vxlanCrossSubnet', 'vxlan-tunnel-addr-h-1', ({ ipv4VXLANTunnelAddr }: Tunnels) => ipv4VXLANTunnelAddr],
    ['ipip', 'ipip-tunnel-addr-h-1', ({ bgp }: Tunnels) => bgp.ipv4IPIPTunnelAddr],
    ['ipipCrossSubnet', 'ipip-tunnel-addr-h-1', ({ bgp }: Tunnels) => bgp.ipv4IPIPTunnelAddr],
  ] as const)
    it(`${encapsulation}: each node has an address for its tunnel, out of a pool that is for tunnels alone`, async () => {
      await cloud(calico({ encapsulation }));
      await hosts();
      const addresses = ['h-1', 'h-2'].map((host) => where(node(host).spec));
      expect(new Set(addresses).size).to.equal(2);
      for (const address of addresses) expect(address).to.match(/^10\.64\.0\.\d+$/);
      expect(s.calicoIds().map(nameOf)).to.include(handle);
      expect(s.calico(keyOf.pool('tunnels.cloud'))).to.contain('"allowedUses":["Tunnel"]');
      expect(s.findings()).to.deep.equal([]);
    });

  it('says on each address what it is for, as calico/node does', async () => {
    await cloud(calico({ encapsulation: 'vxlan', wireguard: true }));
    await hosts();
    const blocks = s.calicoIds().filter((id) => id.includes('/assignment/'));
    const text = blocks.map(s.calico).join();
    expect(text).to.contain('"handle_id":"vxlan-tunnel-addr-h-1","secondary":{"node":"h-1",');
    expect(text).to.contain('"type":"vxlanTunnelAddress"').and.contain('"type":"wireguardTunnelAddress"');
    expect(node('h-1').spec.wireguard.interfaceIPv4Address).to.match(/^10\.64\.0\./);
  });

  it('configures Felix on each host, and BGP for all', async () => {
    await cloud(calico({ encapsulation: 'vxlan', wireguard: true, mtu: 1400 }));
    await hosts();
    expect(JSON.parse(s.calico(keyOf.felixConfiguration('node.h-1'))!).spec).to.deep.equal({
      ...{ ipipEnabled: false, ipipMTU: 1400, vxlanEnabled: true, vxlanMTU: 1400 },
      ...{ wireguardEnabled: true, wireguardMTU: 1400 },
    });
    expect(JSON.parse(s.calico(keyOf.bgpConfiguration())!).spec).to.deep.equal({
      nodeToNodeMeshEnabled: true,
      asNumber: 64_512,
    });
  });

  it('peers with the routers that it names, and only those hosts that it says', async () => {
    const peers = [
      { address: '192.0.2.1', asNumber: 64_600, hosts: 'rack == "r1"' },
      { address: '198.51.100.1', asNumber: 64_601, hosts: 'all()' },
    ];
    await cloud(calico({ bgp: { asNumber: 64_520, mesh: false, peers } }));
    await hosts();
    expect(JSON.parse(s.calico(keyOf.bgpPeer('berth.cloud.192-0-2-1'))!).spec).to.deep.equal({
      ...{ nodeSelector: 'io.berth.cloud == "cloud" && (rack == "r1")', peerIP: '192.0.2.1', asNumber: 64_600 },
    });
    expect(JSON.parse(s.calico(keyOf.bgpConfiguration())!).spec).to.include({ nodeToNodeMeshEnabled: false });
    expect(node('h-1').spec.bgp.asNumber).to.equal(64_520);

    await cloud(calico({ bgp: { asNumber: 64_520, mesh: true, peers: peers.slice(1) } }));
    await s.settle();
    expect(s.calico(keyOf.bgpPeer('berth.cloud.192-0-2-1'))).to.equal(undefined);
    expect(JSON.parse(s.calico(keyOf.bgpConfiguration())!).spec).to.include({ nodeToNodeMeshEnabled: true });
  });

  it('takes shared networks along to another encapsulation, whether or not anything is attached', async () => {
    await cloud(calico());
    await hosts();
    for (const name of ['blue', 'empty']) await s.virtualNetwork(name);
    await s.container('default/shop/web-0', { networks: ['blue'] });
    await s.assign('h-1/default/shop/web-0', 'u-web-0');
    await s.settle();
    expect(s.endpoint('h-1/default/shop/web-0')).not.to.equal(undefined);
    await cloud(calico({ encapsulation: 'vxlan' }));
    await s.settle();
    for (const name of ['blue', 'empty']) {
      expect(s.calico(keyOf.pool(name)), name).to.contain('"vxlanMode":"Always"');
      expect(s.network(name), name).to.include({ mtu: 1450 });
    }
  });

  it('tells of a host for whose tunnel no address is left, and has another range once the cloud may have more hosts', async () => {
    const vxlan = calico({ encapsulation: 'vxlan' });
    await cloud(vxlan, 'cloud', 1);
    for (let i = 1; i <= 66; i++) await s.host(`h-${i}`, { address: `192.0.2.${i}` });
    await s.settle();
    const without = () =>
      Array.from({ length: 66 }, (_, i) => `h-${i + 1}`).filter((host) => !node(host).spec.ipv4VXLANTunnelAddr);
    expect(without()).to.have.length(2);
    const events = s.replica.cache.list('events').map(({ value }) => value);
    const told = events.filter(({ reason }) => reason === 'NotAddressed');
    expect(told.map(({ about }) => about)).to.include.members(['dockerclouds/cloud', `hosts/cloud/${without()[0]}`]);
    expect(told[0]?.message).to.contain('no address for its vxlan tunnel');

    await cloud(vxlan, 'cloud', 100);
    await s.settle();
    expect(without()).to.deep.equal([]);
    expect(s.calico(keyOf.pool('tunnels-2.cloud'))).to.contain('"allowedUses":["Tunnel"]');
    expect(s.findings()).to.deep.equal([]);
    await cloud(linux);
    for (let i = 0; i < 3; i++) await s.settle();
    expect(s.calicoIds().filter((id) => /tunnel|\/block\//.test(id))).to.deep.equal([]);
  });

  it('goes on where a record of Calico’s does not parse: others’ stay, its own routers are written anew', async () => {
    const name = 'berth.cloud.192-0-2-1';
    const peer = { address: '192.0.2.1', asNumber: 64_600, hosts: 'all()' };
    await cloud(calico({ bgp: { asNumber: 1, mesh: true, peers: [peer] } }));
    await hosts();
    await s.foreign(keyOf.bgpPeer('berth.cloud.theirs'), { spec: { nodeSelector: 'rack =' } });
    await s.edit(keyOf.bgpConfiguration(), '"asNumber":1', '"asNumber":"one"');
    await s.edit(keyOf.bgpPeer(name), 'io.berth.cloud ==', 'io.berth.cloud =');
    await cloud(calico({ encapsulation: 'vxlan', bgp: { asNumber: 1, mesh: true, peers: [peer] } }));
    await s.settle();
    expect(JSON.parse(s.calico(keyOf.bgpPeer(name))!).spec.nodeSelector).to.equal('io.berth.cloud == "cloud"');
    expect(s.calico(keyOf.bgpPeer('berth.cloud.theirs'))).to.contain('rack =');
    expect(s.calico(keyOf.bgpConfiguration())).to.contain('"one"');
    expect(s.calico(keyOf.pool('tunnels.cloud'))).to.contain('"vxlanMode":"Always"');

    await s.edit(keyOf.felixConfiguration('node.h-1'), '"vxlanEnabled":true', '"vxlanEnabled":7');
    await cloud(linux);
    await s.settle();
    await s.settle();
    expect(s.calicoIds().filter((id) => /felixconf|tunnel|bgppeers/.test(id))).to.deep.equal([
      keyOf.bgpPeer('berth.cloud.theirs'),
    ]);
  });

  it('writes nothing for a router whose selector was accepted before selectors were parsed', async () => {
    const peers = ['rack =', 'all()'].map((hosts, i) => ({ address: `192.0.2.${i}`, asNumber: 64_600, hosts }));
    await cloud(calico({ bgp: { asNumber: 1, mesh: true, peers } }));
    await s.settle();
    expect(s.calicoIds().filter((id) => id.includes('bgppeers'))).to.deep.equal([
      keyOf.bgpPeer('berth.cloud.192-0-2-1'),
    ]);
  });

  it('has a record for each of many routers, whose addresses differ by nothing but their colons, too', async () => {
    const address = (i: number) => (i < 2 ? ['1::2:3', '1:2::3'][i]! : `10.9.${i >> 8}.${i & 255}`);
    const peers = Array.from({ length: 300 }, (_, i) => ({ address: address(i), asNumber: 64_600, hosts: 'all()' }));
    await cloud(calico({ bgp: { asNumber: 1, mesh: true, peers } }));
    await s.settle();
    expect(s.calicoIds().filter((id) => id.includes('bgppeers'))).to.have.length(300);
    await cloud(linux);
    await s.settle();
    expect(s.calicoIds().filter((id) => id.includes('bgppeers'))).to.deep.equal([]);
  });

  it('leaves containers what the tunnels leave of the smallest MTU of a host', async () => {
    await cloud(calico({ encapsulation: 'vxlan' }));
    await s.host('h-1', { mtu: 1460 });
    await s.host('h-2');
    await s.claim('default/shop/default');
    await s.settle();
    expect(s.network('default.shop.default')).to.include({ provider: 'calico', mtu: 1410 });
    expect(s.calico(keyOf.pool('default.shop.default')))
      .to.contain('"vxlanMode":"Always"')
      .and.contain('"allowedUses":["Workload"]');
  });

  it('leaves a BGPConfiguration and a FelixConfiguration of somebody else’s alone', async () => {
    const theirs = (kind: string, name: string) => ({
      ...{ kind, apiVersion: 'projectcalico.org/v3', metadata: { name } },
      spec: { logSeverityScreen: 'Info' },
    });
    await s.foreign(keyOf.bgpConfiguration(), theirs('BGPConfiguration', 'default'));
    await s.foreign(keyOf.felixConfiguration('node.h-1'), theirs('FelixConfiguration', 'node.h-1'));
    await cloud(calico({ encapsulation: 'vxlan' }));
    await hosts();
    expect(JSON.parse(s.calico(keyOf.bgpConfiguration())!).spec).to.deep.equal({ logSeverityScreen: 'Info' });
    expect(JSON.parse(s.calico(keyOf.felixConfiguration('node.h-1'))!).spec).to.deep.equal({
      logSeverityScreen: 'Info',
    });
  });

  it('moves to another provider and leaves nothing of it behind', async () => {
    await cloud(calico({ encapsulation: 'vxlan', wireguard: true, bgp: { asNumber: 1, mesh: true, peers: [] } }));
    await hosts();
    await cloud(linux);
    await s.settle();
    await s.settle();
    expect(node('h-1').spec).to.not.have.any.keys('ipv4VXLANTunnelAddr', 'wireguard');
    for (const part of ['tunnel', 'felixconfigurations', '/assignment/', '/block/'])
      expect(
        s.calicoIds().filter((id) => id.includes(part)),
        part,
      ).to.deep.equal([]);
    expect(s.findings()).to.deep.equal([]);
  });

  it('keeps the pool of its tunnels, though no network is called so and no host has an address of it', async () => {
    await cloud(calico({ encapsulation: 'vxlan' }));
    await s.settle();
    const { replica, world } = s;
    const pool = () => replica.cache.get('calico', keyOf.pool('tunnels.cloud'))?.modRevision;
    const made = pool();
    await world.clock.advance(40 * 60_000);
    expect(made).to.be.greaterThan(0);
    expect(pool()).to.equal(made);
    expect(replica.cache.list('events').map(({ value }) => value.reason)).to.not.include('Repaired');
  });

  for (const [what, spoil] of [
    ['berth’s', (text: string) => text.replace('"ipipEnabled":false', '"ipipEnabled":"yes"')],
    ['somebody else’s', (text: string) => text.replace('io.berth.installation', 'theirs')],
  ] as const)
    it(`a host that is gone gives back its blocks, though a FelixConfiguration of ${what} stands in its name`, async () => {
      await cloud(calico());
      await hosts();
      await s.claim('default/shop/default');
      await s.container('default/shop/web-0');
      await s.assign('h-1/default/shop/web-0', 'u-web-0');
      await s.settle();
      const id = keyOf.felixConfiguration('node.h-1');
      await s.foreign(id, JSON.parse(spoil(s.calico(id)!)));
      await s.remove('assignments', 'h-1/default/shop/web-0');
      await s.host('h-1', { gone: true });
      await s.settle();
      await s.settle();
      expect(s.calicoIds().filter((each) => each.includes('/host/h-1/') || each === keyOf.node('h-1'))).to.deep.equal(
        [],
      );
      expect(s.calico(id) === undefined).to.equal(what === 'berth’s');
    });

  it('a host that is gone frees its tunnel’s address', async () => {
    await cloud(calico({ encapsulation: 'ipip' }));
    await hosts();
    await s.host('h-1', { gone: true });
    await s.settle();
    await s.remove('hosts', 'cloud/h-1');
    await s.settle();
    expect(s.calicoIds().filter((id) => id.includes('h-1'))).to.deep.equal([]);
    expect(s.findings()).to.deep.equal([]);
  });
});
