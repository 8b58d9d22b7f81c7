import { expect } from 'chai';
import { keyOf } from '../../../lib/calico/index.ts';
import { keys } from '../../lib/reconcile/support.ts';
import { Scenario } from './scenario.ts';

const NETWORK = 'default.shop.default';
const ID = 'h-1/default/shop/web-0';
const UID = 'abcdefghij0123456789';
const MINUTE = 60_000;

describe('what belongs to nobody', () => {
  let s: Scenario;
  beforeEach(async () => {
    s = new Scenario();
    await s.host('h-1');
    await s.claim('default/shop/default');
    await s.until(() => s.network(NETWORK) !== undefined, 'the network');
    await s.container('default/shop/web-0');
    await s.assign(ID, UID);
    await s.until(() => s.endpoint(ID)?.uid === UID, 'the endpoint');
    await s.observe(ID, UID);
    await s.settle();
  });
  afterEach(() => s.stop());

  const workload = keyOf.workloadEndpoint(`h--1-berth-${UID}-eth0`);
  const handle = keyOf.handle(`${NETWORK}.${UID}`);

  /** All that berth's own keys say of the container goes at once, behind ippool's back. */
  async function vanish(): Promise<void> {
    const own = (['assignments', 'observed', 'endpoints'] as const).map((kind) => ({ delete: keys.key(kind, ID) }));
    const container = { delete: keys.key('containers', 'default/shop/web-0') };
    await s.world.settle(s.world.kv.txn({ compare: [], then: [...own, container] }));
  }

  it('is freed as soon as its workload endpoint says so: address, handle and workload endpoint', async () => {
    await vanish();
    await s.world.clock.advance(2000);
    expect(s.calico(handle)).not.to.equal(undefined);
    await s.world.clock.advance(10_000);
    expect(s.calico(handle)).to.equal(undefined);
    expect(s.calico(workload)).to.equal(undefined);
    await s.until(() => s.network(NETWORK)?.used === 0, 'the count');
    expect(s.findings()).to.deep.equal([]);
  });

  it('stays while the container runs, whatever is lost beside it', async () => {
    await s.remove('assignments', ID);
    await s.remove('containers', 'default/shop/web-0');
    await s.remove('endpoints', ID);
    await s.world.clock.advance(40 * MINUTE);
    expect(s.calico(handle)).not.to.equal(undefined);
    expect(s.calico(workload)).not.to.equal(undefined);
    await s.remove('observed', ID);
    await s.world.clock.advance(10_000);
    expect(s.calico(handle)).to.equal(undefined);
    expect(s.findings()).to.deep.equal([]);
  });

  it('is freed after a time of grace where its workload endpoint was lost, too', async () => {
    await vanish();
    await s.remove('calico', workload);
    await s.world.clock.advance(8 * MINUTE);
    expect(s.calico(handle)).not.to.equal(undefined);
    await s.world.clock.advance(20 * MINUTE);
    expect(s.calico(handle)).to.equal(undefined);
    expect(s.calico(workload)).to.equal(undefined);
    await s.until(() => s.network(NETWORK)?.used === 0, 'the count');
    expect(s.findings()).to.deep.equal([]);
  });

  it('is freed, too, where the handle alone was lost', async () => {
    await vanish();
    await s.remove('calico', handle);
    await s.world.clock.advance(30 * MINUTE);
    await s.until(() => s.network(NETWORK)?.used === 0, 'the count');
    expect(s.findings()).to.deep.equal([]);
  });

  it('stays where it is not ours: other names, other orchestrators, other pools', async () => {
    await s.foreignPool('theirs', '172.20.0.0/16');
    const block = '172.20.0.0/26';
    await s.foreign(keyOf.handle('k8s-pod-network.abc'), { block: { '10.64.0.0/26': 1 }, deleted: false });
    await s.foreign(keyOf.handle(`blue.${UID}`), { block: { [block]: 1 }, deleted: false });
    await s.foreign(keyOf.profile('theirs'), { kind: 'Profile', apiVersion: 'v3', metadata: { name: 'x' }, spec: {} });
    await s.foreign(keyOf.workloadEndpoint('h--1-cni-4f1c9a-eth0'), {
      ...{ kind: 'WorkloadEndpoint', apiVersion: 'v3', metadata: { name: 'h--1-cni-4f1c9a-eth0' } },
      spec: { orchestrator: 'cni', node: 'h-1', ipNetworks: ['10.64.0.77/32'] },
    });
    const before = s.calicoIds();
    await s.world.clock.advance(40 * MINUTE);
    expect(s.calicoIds()).to.deep.equal(before);
  });

  it('is a pool with its profile whose network is gone', async () => {
    await vanish();
    await s.world.clock.advance(30 * MINUTE);
    await s.remove('networkclaims', 'default/shop/default');
    await s.world.settle(s.world.kv.txn({ compare: [], then: [{ delete: keys.key('networks', NETWORK) }] }));
    await s.world.clock.advance(30 * MINUTE);
    expect(s.calicoIds().filter((id) => /ippools|profiles|block/.test(id))).to.deep.equal([]);
  });

  it('is not what is in use: a workload endpoint that somebody took away is put back within two seconds', async () => {
    await s.remove('calico', workload);
    await s.world.clock.advance(2000);
    expect(s.calico(workload)).to.include(s.endpoint(ID)!.interfaces[0]!.address);
    expect(s.findings()).to.deep.equal([]);
  });

  for (const [what, from, to] of [
    ['the profile', `"profiles":["${NETWORK}"]`, '"profiles":["theirs"]'],
    ['the address', '"ipNetworks":["10.64.0', '"ipNetworks":["10.65.0'],
    ['all of it', '"spec":', '"spex":'],
  ] as const)
    it(`nor is one of which somebody changed ${what}: it becomes what it was, with the labels that others gave it`, async () => {
      const before = s.calico(workload)!;
      await s.edit(workload, '"berth"}}', '"berth","theirs":"yes"}}');
      const labelled = s.calico(workload)!;
      await s.world.clock.advance(2000);
      expect(s.calico(workload)).to.equal(labelled);
      await s.edit(workload, from, to);
      await s.world.clock.advance(2000);
      expect(s.calico(workload)).to.equal(what === 'all of it' ? restamped(before, s.calico(workload)!) : labelled);
      expect(s.findings()).to.deep.equal([]);
    });

  it('is looked at for each container once, and visits nothing, while many of them start', async () => {
    const revisions: number[] = [];
    s.watch('calico', ({ kv }) => void (kv.key.includes('workloadendpoints') && revisions.push(kv.modRevision)));
    for (let i = 1; i <= 40; i++) {
      await s.container(`default/shop/web-${i}`);
      await s.assign(`h-1/default/shop/web-${i}`, UID.replace('0', String(i).padStart(2, '0')).slice(0, 20));
    }
    await s.settle();
    expect(revisions).to.have.length(40);
    expect(s.replica.cache.list('events').map(({ value }) => value.reason)).to.not.include('Repaired');
  });

  /** The text with the time at which another one was made. */
  const restamped = (text: string, other: string): string => {
    const stamp = /"creationTimestamp":"[^"]*"/;
    return text.replace(stamp, stamp.exec(other)![0]);
  };
});
