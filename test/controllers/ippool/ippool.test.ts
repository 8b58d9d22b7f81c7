import { expect } from 'chai';
import { parseCidr } from '../../../lib/addresses/index.ts';
import { keyOf } from '../../../lib/calico/index.ts';
import { Scenario } from './scenario.ts';

const NETWORK = 'default.shop.default';

describe('ippool', () => {
  let s: Scenario;
  const start = (options?: { supernet?: string }) => {
    s = new Scenario(options);
  };
  beforeEach(() => start());
  afterEach(() => s.stop());

  /** A network and a host to run on. */
  async function prepared(): Promise<void> {
    await s.host('h-1');
    await s.claim('default/shop/default');
    await s.until(() => s.network(NETWORK) !== undefined && s.calico(keyOf.pool(NETWORK)) !== undefined, 'the network');
  }

  async function running(id: string, uid: string): Promise<void> {
    await s.container(id.slice(id.indexOf('/') + 1));
    await s.assign(id, uid);
    await s.until(() => s.endpoint(id)?.uid === uid, 'the endpoint');
    await s.observe(id, uid);
    await s.settle();
  }

  describe('a claim', () => {
    it('becomes a network with a pool and a profile of its name', async () => {
      await prepared();
      expect(s.network(NETWORK)).to.include({ uid: 7, cidr: '10.64.0.0/24', blockSize: 26, used: 0, capacity: 256 });
      expect(s.network(NETWORK)).to.deep.include({ pools: [NETWORK], dns: [], provider: 'linux' });
      expect(s.calico(keyOf.pool(NETWORK))).to.match(
        /"spec":\{"cidr":"10.64.0.0\/24","vxlanMode":"Never","ipipMode":"Never","natOutgoing":true,"blockSize":26,"nodeSelector":"all\(\)","allowedUses":\["Workload","Tunnel"\],"assignmentMode":"Automatic"\}\}$/,
      );
      expect(s.calico(keyOf.profile(NETWORK))).to.match(
        /"spec":\{"ingress":\[\{"action":"Allow","source":\{"selector":"has\(default.shop.default\)"\},"destination":\{\}\}\],"egress":\[\{"action":"Allow","source":\{\},"destination":\{\}\}\],"labelsToApply":\{"default.shop.default":""\}\}\}$/,
      );
      expect(s.calico(keyOf.ipamConfig())).to.equal('{"auto_allocate_blocks":true}');
      expect(s.calico(keyOf.clusterInformation())).to.match(/"clusterGUID":"[0-9a-f]{32}","datastoreReady":true/);
    });

    it('is cut beside other networks, foreign pools and the hosts’ subnets', async () => {
      await s.host('h-1', { address: '10.64.0.9' });
      await s.write(
        'calico',
        keyOf.pool('theirs'),
        Buffer.from(
          '{"kind":"IPPool","apiVersion":"v3","metadata":{"name":"theirs"},"spec":{"cidr":"10.64.1.0/25","disabled":true}}',
        ),
      );
      for (let i = 0; i < 12; i++) await s.claim(`default/app-${i}/default`);
      await s.until(() => s.replica.cache.list('networks').length === 12, 'the networks');
      await s.settle();
      const ranges = s.replica.cache.list('networks').map(({ value }) => value.cidr);
      expect(new Set(ranges).size).to.equal(12);
      expect(ranges).not.to.include('10.64.0.0/24').and.not.to.include('10.64.1.0/24');
      expect(s.findings()).to.deep.equal([]);
    });

    it('waits while the supernet is full, and is served when a network has gone', async () => {
      await s.stop();
      start({ supernet: '10.64.0.0/24' });
      await prepared();
      await s.claim('default/late/default');
      await s.settle();
      expect(s.network('default.late.default')).to.equal(undefined);
      await s.remove('networkclaims', 'default/shop/default');
      await s.until(() => s.network('default.late.default') !== undefined, 'the second network');
      expect(s.network(NETWORK)).to.equal(undefined);
    });

    it('leaves alone what is there of Calico’s', async () => {
      const config = '{"strict_affinity":true,"auto_allocate_blocks":true,"other":1}';
      await s.write('calico', keyOf.ipamConfig(), Buffer.from(config));
      await prepared();
      expect(s.calico(keyOf.ipamConfig())).to.equal(config);
    });

    it('does not take a foreign pool of its name', async () => {
      const pool =
        '{"kind":"IPPool","apiVersion":"v3","metadata":{"name":"default.shop.default"},"spec":{"cidr":"10.9.0.0/24"}}';
      await s.write('calico', keyOf.pool(NETWORK), Buffer.from(pool));
      await s.claim('default/shop/default');
      await s.settle();
      expect(s.network(NETWORK)).to.equal(undefined);
      expect(s.calico(keyOf.pool(NETWORK))).to.equal(pool);
      await s.remove('calico', keyOf.pool(NETWORK));
      await s.until(() => s.network(NETWORK) !== undefined, 'the network');
    });
  });

  describe('an assignment', () => {
    it('gets an endpoint with an address, as Calico’s block, handle, node and workload endpoint', async () => {
      await prepared();
      await running('h-1/default/shop/web-0', 'u0');
      const { interfaces } = s.endpoint('h-1/default/shop/web-0')!;
      expect(interfaces).to.have.length(1);
      expect(interfaces[0]).to.include({ network: NETWORK, name: 'eth0' });
      expect(interfaces[0]!.hostInterface).to.match(/^cali[0-9a-z]{11}$/);
      expect(interfaces[0]!.mac).to.match(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
      expect(s.calico(keyOf.handle(`${NETWORK}.u0`))).to.match(
        /^\{"block":\{"10\.64\.0\.\d+\/26":1\},"deleted":false\}$/,
      );
      const endpoint = s.calico(keyOf.workloadEndpoint('h--1-berth-u0-eth0'));
      expect(endpoint).to.include(
        `"spec":{"orchestrator":"berth","workload":"u0","node":"h-1","endpoint":"eth0","ipNetworks":["${interfaces[0]!.address}/32"],"profiles":["${NETWORK}"],"interfaceName":"${interfaces[0]!.hostInterface}","mac":"${interfaces[0]!.mac}"}`,
      );
      expect(s.calico(keyOf.node('h-1'))).to.match(
        /"spec":\{"bgp":\{"ipv4Address":"192.0.2.11\/32"\},"addresses":\[\{"address":"192.0.2.11\/32","type":"CalicoNodeIP"\}\]\},"status":\{\}\}$/,
      );
      expect(s.findings()).to.deep.equal([]);
      await s.until(() => s.network(NETWORK)?.used === 1, 'the count');
    });

    it('gets one interface in each network, in order', async () => {
      await prepared();
      await s.claim('default/shop/back');
      await s.container('default/shop/web-0', { networks: ['default.shop.back', NETWORK] });
      await s.assign('h-1/default/shop/web-0', 'u0');
      await s.until(() => s.endpoint('h-1/default/shop/web-0') !== undefined, 'the endpoint');
      await s.settle();
      const links = s.endpoint('h-1/default/shop/web-0')!.interfaces;
      expect(links.map(({ network, name }) => [network, name])).to.deep.equal([
        ['default.shop.back', 'eth0'],
        [NETWORK, 'eth1'],
      ]);
      expect(new Set(links.map(({ hostInterface }) => hostInterface)).size).to.equal(2);
      expect(s.findings()).to.deep.equal([]);
    });

    it('waits for its network, and for the container record that was placed', async () => {
      await s.host('h-1');
      await s.container('default/shop/web-0', { spec: 's2' });
      await s.assign('h-1/default/shop/web-0', 'u0');
      await s.claim('default/shop/default');
      await s.until(() => s.network(NETWORK) !== undefined, 'the network');
      await s.settle();
      expect(s.endpoint('h-1/default/shop/web-0')).to.equal(undefined);
      await s.container('default/shop/web-0');
      await s.until(() => s.endpoint('h-1/default/shop/web-0') !== undefined, 'the endpoint');
    });

    it('of a full network gets an endpoint without interfaces that says so, and leaves no trace', async () => {
      await s.stop();
      start({ supernet: '10.64.0.0/24' });
      await s.host('h-1');
      await s.claim('default/shop/default', 1);
      await s.claim('default/shop/back', 1);
      await s.until(
        () => s.network(NETWORK) !== undefined || s.network('default.shop.back') !== undefined,
        'a network',
      );
      const name = s.network(NETWORK) ? NETWORK : 'default.shop.back';
      for (let i = 0; i < 257; i++) {
        await s.container(`default/shop/web-${i}`, { networks: [name] });
        await s.assign(`h-1/default/shop/web-${i}`, `u${i}`);
      }
      await s.until(() => s.replica.cache.list('endpoints').length === 257, 'the endpoints');
      await s.settle();
      const refused = s.replica.cache.list('endpoints').filter(({ value }) => value.interfaces.length === 0);
      expect(refused.map(({ value }) => value.message)).to.deep.equal([
        `network ${name} is full: no address is free in 10.64.0.0/24`,
      ]);
      const addresses = s.replica.cache
        .list('endpoints')
        .flatMap(({ value }) => value.interfaces.map((i) => i.address));
      expect(new Set(addresses).size).to.equal(256);
      expect(s.findings()).to.deep.equal([]);
      await s.remove('assignments', refused[0]!.id);
      await s.until(() => s.endpoint(refused[0]!.id) === undefined, 'the refused endpoint to go');
    });

    it('is served along with others in one transaction, each block written once', async () => {
      await prepared();
      await running('h-1/default/shop/first-0', 'f0');
      for (let i = 0; i < 12; i++) await s.container(`default/shop/web-${i}`, { spec: 'later' });
      for (let i = 0; i < 12; i++) await s.assign(`h-1/default/shop/web-${i}`, `u${i}`);
      await s.settle();
      const revisions = new Set<number>();
      s.watch('endpoints', ({ kv }) => revisions.add(kv.modRevision));
      await s.world.settle(
        s.world.kv.txn({
          compare: [],
          then: s.replica.cache.list('containers').map(({ id, value }) => ({
            put: `/berth/v1/containers/${id}`,
            value: JSON.stringify({ ...value, spec: 's1' }),
          })),
        }),
      );
      await s.until(() => s.replica.cache.list('endpoints').length === 13, 'the endpoints');
      await s.settle();
      expect(revisions.size).to.equal(1);
      expect(s.findings()).to.deep.equal([]);
    });
  });

  describe('an endpoint', () => {
    const id = 'h-1/default/shop/web-0';

    it('stays while the container may still be there, and goes with its addresses after', async () => {
      await prepared();
      await running(id, 'u0');
      await s.remove('assignments', id);
      await s.settle();
      expect(s.endpoint(id)?.uid).to.equal('u0');
      await s.remove('observed', id);
      await s.until(() => s.endpoint(id) === undefined, 'the endpoint to go');
      await s.settle();
      expect(s.calico(keyOf.handle(`${NETWORK}.u0`))).to.equal(undefined);
      expect(s.calicoIds().filter((each) => each.includes('workloadendpoints'))).to.deep.equal([]);
      expect(s.findings()).to.deep.equal([]);
      await s.until(() => s.network(NETWORK)?.used === 0, 'the count');
    });

    it('makes room for the next incarnation of its name', async () => {
      await prepared();
      await running(id, 'u0');
      await s.assign(id, 'u1');
      await s.settle();
      expect(s.endpoint(id)?.uid).to.equal('u0');
      await s.remove('observed', id);
      await s.until(() => s.endpoint(id)?.uid === 'u1', 'the next endpoint');
      await s.settle();
      expect(s.findings()).to.deep.equal([]);
    });

    it('of a lost host keeps its address out of use', async () => {
      await prepared();
      await running(id, 'u0');
      await s.host('h-1', { lost: true, schedulable: false });
      await s.remove('assignments', id);
      await s.host('h-2', { address: '192.0.2.12' });
      await s.assign('h-2/default/shop/web-0', 'u1');
      await s.until(() => s.endpoint('h-2/default/shop/web-0') !== undefined, 'the endpoint elsewhere');
      await s.settle();
      expect(s.endpoint(id)?.uid).to.equal('u0');
      const [kept, fresh] = [id, 'h-2/default/shop/web-0'].map((each) => s.endpoint(each)?.interfaces[0]?.address);
      expect(kept).not.to.equal(fresh);
      expect(s.findings()).to.deep.equal([]);
    });

    it('of a host that is gone goes after its observed; then node and blocks go', async () => {
      await prepared();
      await running(id, 'u0');
      await s.host('h-1', { gone: true });
      await s.remove('assignments', id);
      await s.remove('observed', id);
      await s.until(() => s.endpoint(id) === undefined, 'the endpoint to go');
      await s.remove('hosts', 'cloud/h-1');
      await s.until(() => s.calico(keyOf.node('h-1')) === undefined, 'the node to go');
      await s.settle();
      expect(s.calicoIds().filter((each) => /\/(block|handle)\//.test(each))).to.deep.equal([]);
    });
  });

  it('leaves a block of a network to a host that is somebody else’s', async () => {
    await prepared();
    const affinity = keyOf.affinity('other-1', parseCidr('10.64.0.192/26'));
    await s.foreign(affinity, { state: 'pending', deleted: false });
    await s.settle();
    expect(s.calico(affinity)).to.equal('{"state":"pending","deleted":false}');
  });

  describe('a network whose claim is gone', () => {
    it('waits for its last address, then goes without a trace, its pool disabled before', async () => {
      await prepared();
      await running('h-1/default/shop/web-0', 'u0');
      const pools: string[] = [];
      s.watch('calico', ({ type, kv }) => {
        if (kv.key.includes('/ippools/')) pools.push(type === 'delete' ? 'deleted' : kv.value.toString());
      });
      await s.remove('networkclaims', 'default/shop/default');
      await s.remove('containers', 'default/shop/web-0');
      await s.remove('assignments', 'h-1/default/shop/web-0');
      await s.settle();
      expect(s.network(NETWORK)).to.include({ used: 1 }).and.not.to.have.property('deleting');
      await s.remove('observed', 'h-1/default/shop/web-0');
      await s.until(() => s.network(NETWORK) === undefined, 'the network to go');
      await s.settle();
      expect(pools).to.have.length(2);
      expect(pools[0]).to.include('"natOutgoing":true,"disabled":true,"blockSize":26');
      expect(pools[1]).to.equal('deleted');
      expect(s.calicoIds()).to.have.members([
        keyOf.clusterInformation(),
        keyOf.tier('default'),
        keyOf.ipamConfig(),
        keyOf.node('h-1'),
      ]);
    });

    it('waits for somebody else’s address in it', async () => {
      await prepared();
      const block = 'ipam/v2/assignment/ipv4/block/10.64.0.192-26';
      const free = Array.from({ length: 63 }, (_, i) => i + 1);
      const theirs = {
        ...{ cidr: '10.64.0.192/26', affinity: null, allocations: [0, ...free.map(() => null)], unallocated: free },
        ...{ attributes: [{ handle_id: 'x', secondary: null }], sequenceNumber: 1, sequenceNumberForAllocation: {} },
        deleted: false,
      };
      await s.write('calico', block, Buffer.from(JSON.stringify(theirs)));
      await s.remove('networkclaims', 'default/shop/default');
      await s.world.clock.advance(20_000);
      expect(s.network(NETWORK)).not.to.equal(undefined);
      await s.remove('calico', block);
      await s.until(() => s.network(NETWORK) === undefined, 'the network to go');
    });

    it('is made anew for another application of the name', async () => {
      await prepared();
      await s.claim('default/shop/default', 300, 8);
      await s.until(() => s.network(NETWORK)?.uid === 8, 'the new network');
      expect(s.network(NETWORK)?.capacity).to.equal(2048);
    });

    it('goes on when it is claimed again in time', async () => {
      await prepared();
      await s.remove('networkclaims', 'default/shop/default');
      await s.until(() => s.network(NETWORK)?.deleting !== undefined, 'the deletion to begin');
      await s.claim('default/shop/default');
      await s.until(() => s.network(NETWORK)?.deleting === undefined, 'the deletion to end');
      await s.settle();
      expect(s.network(NETWORK)?.cidr).to.equal('10.64.0.0/24');
      expect(s.calico(keyOf.pool(NETWORK))).not.to.include('disabled');
    });
  });
});
