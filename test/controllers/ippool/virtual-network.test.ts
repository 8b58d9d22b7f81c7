import { expect } from 'chai';
import { keyOf } from '../../../lib/calico/index.ts';
import { keys } from '../../lib/reconcile/support.ts';
import { EXPLICIT, NetworkScenario } from './network-scenario.ts';
import { Scenario } from './scenario.ts';

describe('a VirtualNetwork', () => {
  let s: NetworkScenario;
  beforeEach(() => {
    s = new NetworkScenario();
  });
  afterEach(() => s.stop());

  it('of which nothing is said gets a range of the supernet, which is given back', async () => {
    await s.virtualNetwork('blue');
    await s.ready('blue');
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
    await s.ready('blue');
    expect(s.network('blue')).to.deep.include({ cidr: '192.168.34.0/24', gateway: '192.168.34.1', dns: ['10.0.0.53'] });
    expect(s.network('blue')).to.include({ blockSize: 26, capacity: 255 });
    expect(s.calico(keyOf.ipReservation('blue'))).to.include('"spec":{"reservedCIDRs":["192.168.34.1/32"]}');
    await s.running('web-0', ['blue']);
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
    await s.ready('blue');
    const before = s.network('blue');
    await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, gateway: 10.0.0.1');
    await s.until(() => s.condition('blue', 'Accepted') === 'False Invalid', 'the second refusal');
    await s.settle();
    expect(s.network('blue')).to.deep.equal(before);
    expect(s.status('blue')).to.include({ phase: 'Degraded' });
    await s.remove('virtualnetworks', 'blue');
    await s.until(() => s.status('blue') === undefined, 'the status to go');
  });

  for (const name of ['a/b', 'a.b', 'a.b.c', 'A'])
    it(`that is called ${name} is told that this is no name, and forgotten when it is deleted`, async () => {
      await s.virtualNetwork(name);
      await s.until(() => s.condition(name, 'Accepted') !== undefined, 'the refusal');
      expect(s.condition(name, 'Accepted')).to.match(/^False /);
      expect(s.status(name)).to.include({ phase: 'Failed' });
      await s.settle();
      expect(s.network(name)).to.equal(undefined);
      await s.remove('virtualnetworks', name);
      await s.until(() => s.status(name) === undefined, 'the status to go');
    });

  it('that is called as the network of a claim says nothing of that one, which stays', async () => {
    await s.claim('default/shop/default');
    await s.until(() => s.network('default.shop.default') !== undefined, 'the network');
    const before = s.network('default.shop.default');
    await s.virtualNetwork('default.shop.default', 'cidr: 192.168.34.0/24');
    await s.until(() => s.status('default.shop.default') !== undefined, 'the status');
    expect(s.status('default.shop.default')).to.include({ phase: 'Failed', capacity: 0 });
    await s.remove('virtualnetworks', 'default.shop.default');
    await s.until(() => s.status('default.shop.default') === undefined, 'the status to go');
    expect(s.network('default.shop.default')).to.deep.equal(before);
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
      await s.ready('blue');
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
      await s.ready('green');
      await s.virtualNetwork('blue', EXPLICIT);
      await refused('blue', /the (network|IP pool) green \(192\.168\.34\.128\/25\)/);
      await s.remove('virtualnetworks', 'green');
      await s.ready('blue');
    });

    it('with the hosts’ own addresses waits for the host to go', async () => {
      await s.host('h-1', { address: '192.168.34.7' });
      await s.virtualNetwork('blue', EXPLICIT);
      await refused('blue', /192\.168\.34\.0\/24, where hosts are/);
      await s.remove('hosts', 'cloud/h-1');
      await s.ready('blue');
    });
  });

  it('may be one of so many that no transaction holds them', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `net-${String(i).padStart(2, '0')}`);
    for (const name of names) await s.virtualNetwork(name, 'pools: []');
    for (const name of names) await s.ready(name);
    await s.running('web-0', names);
    const links = s.endpoint('h-1/default/shop/web-0')!.interfaces;
    expect(links.map(({ network, name }) => [network, name])).to.deep.equal(names.map((name, i) => [name, `eth${i}`]));
    expect(new Set(links.map(({ address }) => address)).size).to.equal(30);
    expect(s.findings()).to.deep.equal([]);
    await s.gone('web-0');
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
