import { expect } from 'chai';
import { felixRules, ownRules } from '../../../lib/network/calico/handover.ts';
import { createLinuxNetwork } from '../../../lib/network/linux/index.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { attachment, fence, planOf, providerHost } from './plans.ts';

const signal = new AbortController().signal;
const plan = planOf([attachment(1, '10.64.0.1'), attachment(2, '10.64.0.2')]);

describe('a host between the providers linux and calico', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let a: FakeHost;
  const to = (provider: 'linux' | 'calico') => providerHost(a, { provider });
  const apply = (dataplane: 'own' | 'felix') =>
    createLinuxNetwork({ shell: a }).apply({ ...plan, dataplane }, fence(1), signal);
  /** As Felix does, for one interface. */
  const felix = (n: number) => a.sh(`iptables -N cali-tw-cali0000000000${n}`);
  const isDone = async (work: Promise<void>) => {
    const waiting = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 700));
    return Promise.race([work.then(() => true), waiting]);
  };

  beforeEach(async () => {
    world = await fakeHosts(1);
    a = world.hosts[0]!;
  });
  afterEach(() => world.stop());

  it('keeps its own rules until Felix has some for every container', async () => {
    expect(await felixRules.check(to('calico')), 'a host without containers').equal(true);
    await apply('own');
    expect(await felixRules.check(to('calico'))).equal(false);
    const applied = felixRules.apply(to('calico'));
    await felix(1);
    expect(await isDone(applied), 'with one of two').equal(false);
    await felix(2);
    await applied;
    expect(await felixRules.check(to('calico'))).equal(true);
    await apply('felix');
    await a.sh('iptables -F; iptables -X');
    expect(await felixRules.check(to('calico')), 'afterwards Felix is on its own').equal(true);
  });

  it('lets calico/node go when its own rules are there', async () => {
    await apply('felix');
    await ownRules(to('calico'));
    const allowed = ownRules(to('linux'));
    expect(await isDone(allowed)).equal(false);
    await apply('own');
    await allowed;
  });
});
