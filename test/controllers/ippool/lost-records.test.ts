import { expect } from 'chai';
import { keyOf } from '../../../lib/calico/index.ts';
import { Scenario } from './scenario.ts';

const NETWORK = 'default.shop.default';
const WEB = 'h-1/default/shop/web-0';

describe('a record that somebody deleted', () => {
  let s: Scenario;
  beforeEach(async () => {
    s = new Scenario();
    await s.host('h-1');
    await s.claim('default/shop/default');
    await s.until(() => s.network(NETWORK) !== undefined, 'the network');
    await running('web-0', 'u0');
  });
  afterEach(() => s.stop());

  async function running(name: string, uid: string, networks = [NETWORK]): Promise<void> {
    const id = `h-1/default/shop/${name}`;
    await s.container(`default/shop/${name}`, { networks });
    await s.assign(id, uid);
    await s.until(() => s.endpoint(id)?.uid === uid, `the endpoint of ${name}`);
    await s.observe(id, uid);
    await s.settle();
  }

  describe('of an endpoint', () => {
    it('is written again, with the addresses that Calico says it has', async () => {
      const before = s.endpoint(WEB);
      const calico = s.calicoIds();
      await s.remove('endpoints', WEB);
      await s.until(() => s.endpoint(WEB) !== undefined, 'the endpoint');
      expect(s.endpoint(WEB)).to.deep.equal(before);
      expect(s.calicoIds()).to.deep.equal(calico);
      expect(s.findings()).to.deep.equal([]);
    });

    it('is written again with its workload endpoint, where that is lost, too', async () => {
      const before = s.endpoint(WEB);
      const workload = keyOf.workloadEndpoint('h--1-berth-u0-eth0');
      await s.remove('assignments', WEB);
      await s.remove('endpoints', WEB);
      await s.remove('calico', workload);
      await s.assign(WEB, 'u0');
      await s.until(() => s.endpoint(WEB) !== undefined && s.calico(workload) !== undefined, 'the endpoint');
      expect(s.endpoint(WEB)).to.deep.equal(before);
      expect(s.calico(workload)).to.include(before!.interfaces[0]!.address);
      expect(s.findings()).to.deep.equal([]);
    });

    it('of two families and two networks comes back as it was', async () => {
      await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, pools: ["fd00:34::/64"]');
      await s.until(() => s.network('blue')?.pools.length === 2, 'the second pool');
      await running('web-1', 'u1', ['blue', NETWORK]);
      const id = 'h-1/default/shop/web-1';
      const before = s.endpoint(id);
      expect(before?.interfaces[0]).to.have.property('address6');
      await s.remove('endpoints', id);
      await s.until(() => s.endpoint(id) !== undefined, 'the endpoint');
      expect(s.endpoint(id)).to.deep.equal(before);
      expect(s.findings()).to.deep.equal([]);
    });

    it('holds up nobody else on the host', async () => {
      await s.remove('endpoints', WEB);
      await running('web-1', 'u1');
      expect(s.endpoint(WEB)?.uid).to.equal('u0');
    });

    it('leaks nothing when its assignment goes, too, and lets its network go', async () => {
      await s.remove('containers', 'default/shop/web-0');
      await s.remove('assignments', WEB);
      await s.remove('endpoints', WEB);
      await s.remove('observed', WEB);
      await s.remove('networkclaims', 'default/shop/default');
      await s.until(() => s.network(NETWORK) === undefined, 'the network to go');
      await s.settle();
      expect(s.calicoIds().filter((id) => /handle|workloadendpoints|block|ippools/.test(id))).to.deep.equal([]);
    });
  });

  it('of a host leaves endpoints until its containers are given up, and takes them and the node away then', async () => {
    await s.remove('hosts', 'cloud/h-1');
    await s.world.clock.advance(20_000);
    expect(s.endpoint(WEB)?.uid).to.equal('u0');
    await s.remove('observed', WEB);
    await s.remove('assignments', WEB);
    await s.until(() => s.endpoint(WEB) === undefined, 'the endpoint to go');
    await s.until(() => s.calico(keyOf.node('h-1')) === undefined, 'the node to go');
    await s.settle();
    expect(s.calicoIds().filter((id) => /handle|workloadendpoints|block/.test(id))).to.deep.equal([]);
  });

  describe('of a network', () => {
    it('that is claimed is written again, with the same range and blocks', async () => {
      const before = s.network(NETWORK);
      const calico = s.calicoIds();
      await s.remove('networks', NETWORK);
      await s.until(() => s.network(NETWORK) !== undefined, 'the network');
      await s.settle();
      expect(s.network(NETWORK)).to.deep.equal(before);
      expect(s.calicoIds()).to.deep.equal(calico);
      await running('web-1', 'u1');
      expect(s.findings()).to.deep.equal([]);
    });

    it('that a user declared is written again, with all its ranges, gateway and members', async () => {
      await s.virtualNetwork('blue', 'cidr: 192.168.34.0/24, gateway: 192.168.34.1, pools: [192.168.35.0/24]');
      await s.until(() => s.network('blue')?.pools.length === 2, 'the second pool');
      await running('web-1', 'u1', ['blue']);
      await s.until(() => s.network('blue')?.used === 1, 'the count');
      const before = s.network('blue');
      await s.remove('networks', 'blue');
      await s.until(
        () => s.condition('blue', 'Ready') === 'True Ready' && s.network('blue') !== undefined,
        'the network',
      );
      await s.settle();
      expect(s.network('blue')).to.deep.equal(before);
      await running('web-2', 'u2', ['blue']);
      expect(s.findings()).to.deep.equal([]);
    });
  });
});
