import { expect } from 'chai';
import { publishedPorts } from '../../../lib/network/calico/published.ts';
import { mark, noRemains, noteStart } from '../../../lib/network/calico/remains.ts';
import type { ProviderHost } from '../../../lib/network/index.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { providerHost } from './plans.ts';

/** What others have on the machine; Felix's, in the words of one that ran; routes of both protocols. */
const OTHERS = `
iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -A DOCKER-USER -m comment --comment "not calico" -j RETURN
iptables -t nat -A POSTROUTING -s 10.9.0.0/16 -j MASQUERADE; iptables -P FORWARD DROP`;
const FELIX = `
iptables -N cali-FORWARD; iptables -N cali-tw-cali00000000001
iptables -I FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD
iptables -A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m mark --mark 0x10000/0x10000 -j ACCEPT
iptables -A cali-FORWARD -o cali+ -j cali-tw-cali00000000001; iptables -t nat -N cali-POSTROUTING
iptables -t nat -A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING`;
const ROUTES = `
ip link add cali00000000001 type veth peer name peer1; ip link set cali00000000001 up; ip link set peer1 up
ip route add 10.64.0.1 dev cali00000000001 proto 80; ip route add 10.64.0.64/26 via 192.0.2.2 proto 80
ip route add blackhole 10.64.0.0/26 proto 80; ip route add 10.7.0.0/24 via 192.0.2.2 proto 12`;

describe('what calico/node leaves on a host', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let a: FakeHost;
  let host: ProviderHost;
  const rules = () => a.sh(`iptables-save | sed 's/^\\(:.*\\) \\[.*/\\1/; /^#/d'`);
  const routes = () => a.sh('ip route');

  beforeEach(async () => {
    world = await fakeHosts(1);
    a = world.hosts[0]!;
    host = providerHost(a, { provider: 'calico', encapsulation: 'vxlan' });
  });
  afterEach(() => world.stop());

  it('goes, and nothing of anybody else', async () => {
    await a.sh(OTHERS);
    const before = await rules();
    await mark.apply(host);
    await publishedPorts.apply(host);
    await noteStart(host);
    await a.sh(FELIX + ROUTES);
    expect(await noRemains.check(host)).equal(false);
    await noRemains.apply(host);
    expect(await rules()).equal(before);
    expect(await routes())
      .contain('10.64.0.1 dev cali')
      .contain('10.7.0.0/24')
      .not.match(/10\.64\.0\.64|blackhole/);
    expect(await noRemains.check(host)).equal(true);
  });

  it('goes with BIRD’s routes where our own ran', async () => {
    const ipip = providerHost(a, { provider: 'calico', encapsulation: 'ipip' });
    await mark.apply(host);
    for (const each of [ipip, host]) await noteStart(each);
    await a.sh(ROUTES);
    await noRemains.apply(host);
    expect(await routes()).not.contain('10.7.0.0/24');
  });

  it('is not looked for where calico/node of ours was never started', async () => {
    await a.sh(FELIX + ROUTES);
    const before = (await rules()) + (await routes());
    const other = { ...host, installation: 'zzzzzzzzbbbbbbbbcccc' };
    await mark.apply(host);
    await mark.apply(other);
    await noteStart(other);
    await noRemains.apply(host);
    expect((await rules()) + (await routes())).equal(before);
    expect(await noRemains.check(host)).equal(true);
    expect(await noRemains.check(other), 'another installation’s').equal(false);
  });
});
