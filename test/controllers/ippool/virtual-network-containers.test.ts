import { expect } from 'chai';
import { parseCidr } from '../../../lib/addresses/index.ts';
import { keyOf } from '../../../lib/calico/index.ts';
import { EXPLICIT, NetworkScenario } from './network-scenario.ts';

describe('a VirtualNetwork and its containers', () => {
  let s: NetworkScenario;
  beforeEach(() => {
    s = new NetworkScenario();
  });
  afterEach(() => s.stop());

  it('that is deleted waits while something is attached, and names it', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    await s.running('web-0', ['blue']);
    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.condition('blue', 'Deleting') === 'True InUse', 'the condition');
    expect(s.message('blue', 'Deleting')).to.equal('waits for default/shop/web-0');
    expect(s.status('blue')).to.include({ phase: 'Deleting' });
    await s.world.clock.advance(20_000);
    expect(s.network('blue')).to.include({ used: 1 });
    await s.gone('web-0');
    await s.until(() => s.status('blue') === undefined, 'the status to go');
    expect(s.calico(keyOf.pool('blue'))).to.equal(undefined);
    expect(s.calico(keyOf.ipReservation('blue'))).to.equal(undefined);
  });

  it('that was going when somebody joined it goes, and the next of its name serves them', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.network('blue')?.deleting !== undefined, 'its end to begin');
    await s.host('h-1');
    await s.container('default/shop/web-0', { networks: ['blue'] });
    await s.assign('h-1/default/shop/web-0', 'u-web-0');
    await s.virtualNetwork('blue', 'cidr: 192.168.36.0/24');
    await s.until(() => s.endpoint('h-1/default/shop/web-0') !== undefined, 'the endpoint');
    expect(s.endpoint('h-1/default/shop/web-0')!.interfaces[0]?.address).to.match(/^192\.168\.36\./);
    expect(s.calico(keyOf.pool('blue'))).not.to.include('"disabled":true');
    await s.ready('blue');
  });

  it('that was going when an address in it was taken comes back whole, for those who join it as well', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.network('blue')?.deleting !== undefined, 'its end to begin');
    // Somebody had read the pool as it was before.
    const block = keyOf.block(parseCidr('192.168.34.64/26'));
    await s.foreign(block, {
      ...{ cidr: '192.168.34.64/26', affinity: 'host:other', allocations: [0, ...Array(63).fill(null)] },
      ...{ unallocated: Array.from({ length: 63 }, (_, i) => i + 1), attributes: [{ handle_id: 'theirs' }] },
      ...{ sequenceNumber: 1, sequenceNumberForAllocation: { 0: 1 }, deleted: false },
    });
    await s.host('h-1');
    await s.container('default/shop/web-0', { networks: ['blue'] });
    await s.assign('h-1/default/shop/web-0', 'u-web-0');
    await s.until(() => s.endpoint('h-1/default/shop/web-0') !== undefined, 'the endpoint');
    expect(s.endpoint('h-1/default/shop/web-0')!.interfaces[0]?.address).to.match(/^192\.168\.34\./);
    expect(s.calico(keyOf.pool('blue'))).not.to.include('"disabled":true');
    expect(s.condition('blue', 'Deleting')).to.equal('True InUse');
    await s.gone('web-0');
    await s.remove('calico', block);
    await s.until(() => s.status('blue') === undefined, 'the status to go');
  });

  it('gives each container an address of both families where it has both', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, pools: ["fd00:34::/64"]');
    await s.until(() => s.network('blue')?.pools.length === 2, 'the second pool');
    await s.ready('blue');
    await s.running('web-0', ['blue']);
    const [link] = s.endpoint('h-1/default/shop/web-0')!.interfaces;
    expect(link?.address).to.match(/^192\.168\.34\./);
    expect(link?.address6).to.match(/^fd00:34::/);
    const endpoint = s.calicoIds().find((id) => id.includes('/workloadendpoints/'))!;
    expect(s.calico(endpoint)).to.include(`"ipNetworks":["${link?.address}/32","${link?.address6}/128"]`);
    expect(s.network('blue')).to.include({ used: 1, capacity: 256 });
    expect(s.calico(keyOf.pool('blue-2')))
      .to.include('"cidr":"fd00:34::/64"')
      .and.include('"blockSize":122');
    expect(s.findings()).to.deep.equal([]);
    await s.gone('web-0');
    await s.settle();
    expect(s.calicoIds().filter((id) => /handle|workloadendpoints/.test(id))).to.deep.equal([]);
  });

  it('that is full says so, and another range in its pools cures it', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/30');
    await s.ready('blue');
    for (let i = 0; i < 4; i++) await s.running(`web-${i}`, ['blue'], `h-${i % 3}`);
    await s.container('default/shop/web-4', { networks: ['blue'] });
    await s.assign('h-1/default/shop/web-4', 'u-web-4');
    await s.until(() => s.endpoint('h-1/default/shop/web-4') !== undefined, 'the answer');
    expect(s.endpoint('h-1/default/shop/web-4')!.message).to.equal(
      'network blue is full: no address is free in 192.168.34.0/30; another range in its spec.pools would help',
    );
    await s.remove('assignments', 'h-1/default/shop/web-4');
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/30, pools: [192.168.35.0/30]');
    await s.until(() => s.network('blue')?.capacity === 8, 'the second range');
    expect(s.network('blue')).to.deep.include({ ranges: ['192.168.34.0/30', '192.168.35.0/30'] });
    await s.assign('h-1/default/shop/web-4', 'u-web-5');
    await s.until(() => s.endpoint('h-1/default/shop/web-4')?.interfaces.length === 1, 'the endpoint');
    expect(s.endpoint('h-1/default/shop/web-4')!.interfaces[0]!.address).to.match(/^192\.168\.35\./);
    expect(s.findings()).to.deep.equal([]);
  });

  it('is filled to the last address over three hosts, by borrowing', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24');
    await s.ready('blue');
    const hosts = Array.from({ length: 256 }, (_, i) => (i < 200 ? 'h-0' : i < 240 ? 'h-1' : 'h-2'));
    for (const host of new Set(hosts)) await s.host(host);
    for (const [i, host] of hosts.entries()) {
      await s.container(`default/shop/web-${i}`, { networks: ['blue'] });
      await s.assign(`${host}/default/shop/web-${i}`, `u${i}`);
    }
    await s.until(() => s.replica.cache.list('endpoints').length === 256, 'the endpoints');
    const links = s.replica.cache.list('endpoints').flatMap(({ value }) => value.interfaces);
    expect(new Set(links.map(({ address }) => address)).size).to.equal(256);
    expect(s.findings()).to.deep.equal([]);
    await s.container('default/shop/late-0', { networks: ['blue'] });
    await s.assign('h-2/default/shop/late-0', 'late');
    await s.until(() => s.endpoint('h-2/default/shop/late-0') !== undefined, 'the answer');
    expect(s.endpoint('h-2/default/shop/late-0')?.message).to.include('network blue is full');
    await s.until(() => s.status('blue')?.used === 256, 'the count');
  });

  it('never hands out its gateway', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/30, gateway: 192.168.34.1');
    await s.ready('blue');
    for (let i = 0; i < 4; i++) {
      await s.host('h-1');
      await s.container(`default/shop/web-${i}`, { networks: ['blue'] });
      await s.assign(`h-1/default/shop/web-${i}`, `u-web-${i}`);
    }
    await s.until(() => s.replica.cache.list('endpoints').length === 4, 'the endpoints');
    const addresses = s.replica.cache.list('endpoints').map(({ value }) => value.interfaces[0]?.address);
    expect(addresses.sort()).to.deep.equal(['192.168.34.0', '192.168.34.2', '192.168.34.3', undefined]);
  });

  it('does not get a gateway that somebody holds, and says who, until that is released', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/26');
    await s.ready('blue');
    const block = 'ipam/v2/assignment/ipv4/block/192.168.34.0-26';
    const free = Array.from({ length: 63 }, (_, i) => i + 1);
    const theirs = {
      ...{ cidr: '192.168.34.0/26', affinity: null, allocations: [0, ...free.map(() => null)], unallocated: free },
      ...{ attributes: [{ handle_id: 'theirs.5', secondary: null }], sequenceNumber: 1, deleted: false },
      sequenceNumberForAllocation: {},
    };
    await s.write('calico', block, Buffer.from(JSON.stringify(theirs)));
    const { gateway } = s.network('blue')!;
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/26, gateway: 192.168.34.0, mtu: 1400');
    await s.until(() => s.condition('blue', 'Allocated') === 'False GatewayInUse', 'the refusal');
    expect(s.message('blue', 'Allocated')).to.include('192.168.34.0 is held by theirs.5');
    expect(s.network('blue')).to.include({ gateway, mtu: 1400 });
    expect(s.calico(keyOf.ipReservation('blue'))).to.equal(undefined);
    await s.remove('calico', block);
    await s.ready('blue');
    expect(s.network('blue')).to.include({ gateway: '192.168.34.0' });
    expect(s.calico(keyOf.ipReservation('blue'))).to.include('192.168.34.0/32');
  });

  it('grows by another pool of the supernet when it is nearly full', async () => {
    await s.virtualNetwork('blue');
    await s.ready('blue');
    await s.host('h-1');
    for (let i = 0; i < 245; i++) {
      await s.container(`default/shop/web-${i}`, { networks: ['blue'] });
      await s.assign(`h-1/default/shop/web-${i}`, `u${i}`);
    }
    await s.until(() => s.network('blue')?.used === 245, 'the addresses');
    await s.until(() => s.network('blue')?.capacity === 512, 'the growth');
    expect(s.network('blue')).to.deep.include({ pools: ['blue', 'blue-2'], ranges: ['10.64.0.0/24', '10.64.1.0/24'] });
    expect(s.findings()).to.deep.equal([]);
  });

  it('is one of all that the supernet holds, which are given back and made again', async () => {
    await s.stop();
    s = new NetworkScenario({ supernet: '10.64.0.0/20' });
    const names = Array.from({ length: 16 }, (_, i) => `net-${i}`);
    for (const round of [1, 2]) {
      for (const name of names) await s.virtualNetwork(name, `mtu: ${1400 + round}`);
      for (const name of names) await s.ready(name);
      expect(new Set(names.map((name) => s.network(name)?.cidr)).size).to.equal(16);
      expect(s.findings()).to.deep.equal([]);
      await s.virtualNetwork('late');
      await s.until(() => s.condition('late', 'Allocated') === 'False SupernetFull', 'the refusal');
      await s.remove('virtualnetworks', 'late');
      for (const name of names) await s.remove('virtualnetworks', name);
      await s.until(() => s.replica.cache.list('status/virtualnetworks').length === 0, 'all of them to go');
    }
    expect(s.calicoIds().filter((id) => /ippools|profiles|block/.test(id))).to.deep.equal([]);
  });

  it('called like another’s further pool gets a pool with a number', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, pools: [192.168.35.0/24]');
    await s.until(() => s.network('blue')?.pools.length === 2, 'the second pool');
    await s.virtualNetwork('blue-2', 'cidr: 192.168.36.0/24');
    await s.ready('blue-2');
    expect(s.network('blue-2')).to.deep.include({ pools: ['blue-2-2'] });
  });
});
