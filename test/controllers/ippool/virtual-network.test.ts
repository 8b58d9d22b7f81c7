import { expect } from 'chai';
import { keyOf } from '../../../lib/calico/index.ts';
import { keys } from '../../lib/reconcile/support.ts';
import { Scenario } from './scenario.ts';

const EXPLICIT = 'cidr: 192.168.34.0/24, gateway: 192.168.34.1, dnsServers: [10.0.0.53]';

describe('a VirtualNetwork', () => {
  let s: Scenario;
  beforeEach(() => {
    s = new Scenario();
  });
  afterEach(() => s.stop());

  const ready = (name: string) => s.until(() => s.condition(name, 'Ready') === 'True Ready', `${name} to be ready`);

  /** A container on some networks, with its endpoint and what runs of it. */
  async function running(name: string, networks: string[], host = 'h-1'): Promise<void> {
    await s.host(host);
    await s.container(`default/shop/${name}`, { networks });
    await s.assign(`${host}/default/shop/${name}`, `u-${name}`);
    await s.until(() => s.endpoint(`${host}/default/shop/${name}`) !== undefined, 'the endpoint');
    await s.observe(`${host}/default/shop/${name}`, `u-${name}`);
    await s.settle();
  }

  async function gone(name: string, host = 'h-1'): Promise<void> {
    await s.remove('containers', `default/shop/${name}`);
    await s.remove('assignments', `${host}/default/shop/${name}`);
    await s.remove('observed', `${host}/default/shop/${name}`);
    await s.until(() => s.endpoint(`${host}/default/shop/${name}`) === undefined, 'the endpoint to go');
  }

  it('of which nothing is said gets a range of the supernet, which is given back', async () => {
    await s.virtualNetwork('blue');
    await ready('blue');
    const created = s.replica.cache.get('virtualnetworks', 'blue')!;
    expect(s.network('blue')).to.deep.include({ uid: created.createRevision, cloud: '', cidr: '10.64.0.0/24' });
    expect(s.network('blue')).to.deep.include({ pools: ['blue'], ranges: ['10.64.0.0/24'], closed: true });
    expect(s.status('blue')).to.include({ phase: 'Ready', cidr: '10.64.0.0/24', used: 0, capacity: 256 });
    expect(s.status('blue')).to.include({ observedGeneration: created.modRevision });
    expect(s.calico(keyOf.profile('blue'))).to.include('"selector":"has(blue)"');

    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.status('blue') === undefined, 'the status to go');
    await s.settle();
    expect(s.replica.cache.get('accepted/virtualnetworks', 'blue')).to.equal(undefined);
    expect(s.network('blue')).to.equal(undefined);
    expect(s.calicoIds().filter((id) => /ippool|profile|block|reservation/.test(id))).to.deep.equal([]);
  });

  it('has the range, gateway and name servers that it asks for', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await ready('blue');
    expect(s.network('blue')).to.deep.include({ cidr: '192.168.34.0/24', gateway: '192.168.34.1', dns: ['10.0.0.53'] });
    expect(s.network('blue')).to.include({ blockSize: 26, capacity: 255 });
    expect(s.calico(keyOf.ipReservation('blue'))).to.include('"spec":{"reservedCIDRs":["192.168.34.1/32"]}');
    await running('web-0', ['blue']);
    expect(s.endpoint('h-1/default/shop/web-0')).to.deep.include({ dns: ['10.0.0.53'] });
    expect(s.findings()).to.deep.equal([]);
    await s.until(() => s.status('blue')?.used === 1, 'the count');
  });

  it('that is wrong is answered with place and field, and what was accepted stays in force', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.5/24');
    await s.until(() => s.condition('blue', 'Accepted') === 'False Invalid', 'the refusal');
    expect(s.message('blue', 'Accepted')).to.match(/virtualnetworks\/blue:1:\d+ spec\.cidr.*192\.168\.34\.0\/24/);
    expect(s.status('blue')).to.include({ phase: 'Failed' });
    expect(s.network('blue')).to.equal(undefined);

    await s.virtualNetwork('blue', EXPLICIT);
    await ready('blue');
    const before = s.network('blue');
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, gateway: 10.0.0.1');
    await s.until(() => s.condition('blue', 'Accepted') === 'False Invalid', 'the second refusal');
    await s.settle();
    expect(s.network('blue')).to.deep.equal(before);
    expect(s.status('blue')).to.include({ phase: 'Degraded' });
    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.status('blue') === undefined, 'the status to go');
  });

  describe('whose range overlaps', () => {
    const refused = async (name: string, reason: RegExp) => {
      await s.until(() => s.condition(name, 'Allocated') === 'False Overlaps', 'the refusal');
      expect(s.message(name, 'Allocated')).to.match(reason);
      expect(s.network(name)).to.equal(undefined);
    };

    it('with a foreign pool waits for that to go', async () => {
      await s.foreignPool('theirs', '192.168.0.0/16');
      await s.virtualNetwork('blue', EXPLICIT);
      await refused('blue', /the IP pool theirs \(192\.168\.0\.0\/16\)/);
      await s.remove('calico', keyOf.pool('theirs'));
      await ready('blue');
    });

    it('with a foreign pool that the cache does not show yet is not made either', async () => {
      await s.foreignPool('far', '172.20.0.0/24');
      const blue = keys.key('calico', keyOf.pool('blue'));
      const theirs = {
        kind: 'IPPool',
        apiVersion: 'v3',
        metadata: { name: 'theirs' },
        spec: { cidr: '192.168.0.0/16' },
      };
      // Lands between the decision and its transaction.
      s.replica.fault = (call) => {
        const makesBlue = call.method === 'txn' && call.request.then.some((each) => 'put' in each && each.put === blue);
        if (!makesBlue) return 'none';
        s.replica.fault = () => 'none';
        const put = keys.key('calico', keyOf.pool('theirs'));
        void s.world.kv.txn({ compare: [], then: [{ put, value: JSON.stringify(theirs) }] });
        return { delayMs: 20 };
      };
      await s.virtualNetwork('blue', EXPLICIT);
      await refused('blue', /the IP pool theirs/);
      expect(s.calico(keyOf.pool('blue'))).to.equal(undefined);
    });

    it('with another network waits for that to go', async () => {
      await s.virtualNetwork('green', 'cidr: 192.168.34.128/25');
      await ready('green');
      await s.virtualNetwork('blue', EXPLICIT);
      await refused('blue', /the (network|IP pool) green \(192\.168\.34\.128\/25\)/);
      await s.remove('virtualnetworks', 'green');
      await ready('blue');
    });

    it('with the hosts’ own addresses waits for the host to go', async () => {
      await s.host('h-1', { address: '192.168.34.7' });
      await s.virtualNetwork('blue', EXPLICIT);
      await refused('blue', /192\.168\.34\.0\/24, where hosts are/);
      await s.remove('hosts', 'cloud/h-1');
      await ready('blue');
    });
  });

  describe('that is changed', () => {
    it('takes over what does not touch addresses, in its record, its pool and its profile', async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await ready('blue');
      await running('web-0', ['blue']);
      await s.virtualNetwork(
        'blue',
        `${EXPLICIT.replace('10.0.0.53', '10.0.0.54')}, natOutgoing: false, allowFrom: [green, default.shop.default], mtu: 1400`,
      );
      await s.until(() => s.network('blue')?.mtu === 1400, 'the change');
      await s.settle();
      expect(s.network('blue')).to.deep.include({ dns: ['10.0.0.54'], natOutgoing: false });
      expect(s.network('blue')).to.deep.include({ allowFrom: ['green', 'default.shop.default'] });
      expect(s.calico(keyOf.pool('blue'))).to.include('"natOutgoing":false');
      expect(s.calico(keyOf.profile('blue'))).to.match(/has\(blue\).*has\(green\).*has\(default\.shop\.default\)/);
      expect(s.condition('blue', 'InSync')).to.equal(undefined);

      await s.virtualNetwork('blue', `${EXPLICIT}, addIptablesRules: false`);
      await s.until(() => s.network('blue')?.closed === false, 'the network to open');
      await s.settle();
      expect(s.calico(keyOf.profile('blue'))).to.include(
        '"ingress":[{"action":"Allow","source":{},"destination":{}}],"egress"',
      );
      expect(s.findings()).to.deep.equal([]);
    });

    for (const [what, spec, field] of [
      ['another range', 'cidr: 192.168.35.0/24', 'spec.cidr'],
      ['other blocks', 'cidr: 192.168.34.0/24, gateway: 192.168.34.1, blockSize: 28', 'spec.blockSize'],
      ['another gateway', 'cidr: 192.168.34.0/24, gateway: 192.168.34.2', 'spec.gateway'],
    ] as const)
      it(`to ${what} while something is attached stays as it was, and says what to do`, async () => {
        await s.virtualNetwork('blue', EXPLICIT);
        await ready('blue');
        await running('web-0', ['blue']);
        const before = s.network('blue');
        await s.virtualNetwork('blue', spec);
        await s.until(() => s.condition('blue', 'Accepted') === 'False Immutable', 'the refusal');
        expect(s.message('blue', 'Accepted')).to.include(field).and.include('default/shop/web-0').and.include('detach');
        await s.settle();
        expect(s.network('blue')).to.deep.equal(before);
        await gone('web-0');
        await s.until(() => s.condition('blue', 'Ready') === 'True Ready', 'the change');
        await s.settle();
        expect(s.network('blue')).not.to.deep.equal(before);
        expect(s.findings()).to.deep.equal([]);
      });

    it('to a name of before, deleted and put again, is another network', async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await ready('blue');
      const { uid } = s.network('blue')!;
      await s.remove('virtualnetworks', 'blue');
      await s.virtualNetwork('blue', EXPLICIT);
      await s.until(() => (s.network('blue')?.uid ?? uid) !== uid, 'the new network');
      await ready('blue');
    });
  });

  it('that is deleted waits while something is attached, and names it', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await ready('blue');
    await running('web-0', ['blue']);
    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.condition('blue', 'Deleting') === 'True InUse', 'the condition');
    expect(s.message('blue', 'Deleting')).to.equal('waits for default/shop/web-0');
    expect(s.status('blue')).to.include({ phase: 'Deleting' });
    await s.world.clock.advance(20_000);
    expect(s.network('blue')).to.include({ used: 1 });
    await gone('web-0');
    await s.until(() => s.status('blue') === undefined, 'the status to go');
    expect(s.calico(keyOf.pool('blue'))).to.equal(undefined);
    expect(s.calico(keyOf.ipReservation('blue'))).to.equal(undefined);
  });

  it('gives each container an address of both families where it has both', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, pools: ["fd00:34::/64"]');
    await s.until(() => s.network('blue')?.pools.length === 2, 'the second pool');
    await ready('blue');
    await running('web-0', ['blue']);
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
    await gone('web-0');
    await s.settle();
    expect(s.calicoIds().filter((id) => /handle|workloadendpoints/.test(id))).to.deep.equal([]);
  });

  it('that is full says so, and another range in its pools cures it', async () => {
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/30');
    await ready('blue');
    for (let i = 0; i < 4; i++) await running(`web-${i}`, ['blue'], `h-${i % 3}`);
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
    await ready('blue');
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
    await ready('blue');
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
    await ready('blue');
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
    await ready('blue');
    expect(s.network('blue')).to.include({ gateway: '192.168.34.0' });
    expect(s.calico(keyOf.ipReservation('blue'))).to.include('192.168.34.0/32');
  });

  it('grows by another pool of the supernet when it is nearly full', async () => {
    await s.virtualNetwork('blue');
    await ready('blue');
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
    s = new Scenario({ supernet: '10.64.0.0/20' });
    const names = Array.from({ length: 16 }, (_, i) => `net-${i}`);
    for (const round of [1, 2]) {
      for (const name of names) await s.virtualNetwork(name, `mtu: ${1400 + round}`);
      for (const name of names) await ready(name);
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
    await ready('blue-2');
    expect(s.network('blue-2')).to.deep.include({ pools: ['blue-2-2'] });
  });

  describe('whose pool somebody else changed', () => {
    for (const [what, from, to, said] of [
      ['disabled', '"blockSize":26', '"disabled":true,"blockSize":26', 'disabled is true'],
      ['NAT', '"natOutgoing":true', '"natOutgoing":false', 'natOutgoing is false'],
      ['selector', '"all()"', '"has(x)"', 'nodeSelector is "has(x)"'],
      ['encapsulation', '"vxlanMode":"Never"', '"vxlanMode":"Always"', 'vxlanMode is "Always"'],
    ] as const)
      it(`has it back as it was, and says so: ${what}`, async () => {
        await s.virtualNetwork('blue', EXPLICIT);
        await ready('blue');
        const before = s.calico(keyOf.pool('blue'));
        await s.edit(keyOf.pool('blue'), from, to);
        await s.until(() => s.condition('blue', 'InSync') === 'True Restored', 'the condition');
        await s.settle();
        expect(s.message('blue', 'InSync')).to.include(`IP pool blue: ${said}: set right`);
        expect(s.calico(keyOf.pool('blue'))).to.equal(before);
        expect(s.condition('blue', 'Ready')).to.equal('True Ready');
      });

    it('or deleted gets another one like it', async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await ready('blue');
      await running('web-0', ['blue']);
      await s.remove('calico', keyOf.pool('blue'));
      await s.until(() => s.calico(keyOf.pool('blue')) !== undefined, 'the pool');
      await s.settle();
      expect(s.message('blue', 'InSync')).to.include('IP pool blue was deleted');
      expect(s.network('blue')).to.include({ used: 1 });
      expect(s.findings()).to.deep.equal([]);
    });

    it('or deleted, in the moment when it is to have another, gets both', async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await ready('blue');
      const pool = keys.key('calico', keyOf.pool('blue'));
      const more = { put: keys.key('virtualnetworks', 'blue'), value: `spec: {${EXPLICIT}, pools: [192.168.99.0/29]}` };
      await s.world.settle(s.world.kv.txn({ compare: [], then: [{ delete: pool }, more] }));
      await s.until(() => s.network('blue')?.ranges?.length === 2, 'the other range');
      await s.settle();
      const cidrs = ['blue', 'blue-2'].map((name) => JSON.parse(s.calico(keyOf.pool(name)) ?? '{}').spec?.cidr);
      expect(cidrs).to.deep.equal(s.network('blue')?.ranges);
    });

    it('and whose profile, too', async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await ready('blue');
      const before = s.calico(keyOf.profile('blue'));
      await s.edit(keyOf.profile('blue'), 'has(blue)', 'all()');
      await s.settle();
      expect(s.calico(keyOf.profile('blue'))).to.equal(before);
    });
  });

  it('may be one of so many that no transaction holds them', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `net-${String(i).padStart(2, '0')}`);
    for (const name of names) await s.virtualNetwork(name, 'pools: []');
    for (const name of names) await ready(name);
    await running('web-0', names);
    const links = s.endpoint('h-1/default/shop/web-0')!.interfaces;
    expect(links.map(({ network, name }) => [network, name])).to.deep.equal(names.map((name, i) => [name, `eth${i}`]));
    expect(new Set(links.map(({ address }) => address)).size).to.equal(30);
    expect(s.findings()).to.deep.equal([]);
    await gone('web-0');
    await s.settle();
    expect(s.calicoIds().filter((id) => /handle|workloadendpoints/.test(id))).to.deep.equal([]);
    expect(s.findings()).to.deep.equal([]);
  });
});

describe('a claim with a spec', () => {
  it('is treated as a VirtualNetwork would be', async () => {
    const s = new Scenario();
    const spec = {
      ...{ cidr: '192.168.34.0/24', gateway: '192.168.34.1', dnsServers: ['10.0.0.53'], addIptablesRules: false },
      ...{ pools: ['192.168.35.0/24'], natOutgoing: false, allowFrom: [] },
    };
    await s.write('networkclaims', 'default/shop/back', { uid: 7, cloud: 'cloud', containers: 3, spec });
    await s.until(() => s.network('default.shop.back')?.pools.length === 2, 'the network');
    expect(s.network('default.shop.back')).to.deep.include({
      ...{ uid: 7, cloud: 'cloud', ranges: ['192.168.34.0/24', '192.168.35.0/24'], gateway: '192.168.34.1' },
      ...{ dns: ['10.0.0.53'], closed: false, natOutgoing: false, capacity: 511 },
      pools: ['default.shop.back', 'default.shop.back-2'],
    });
    await s.stop();
  });
});
