import { expect } from 'chai';
import { BatchFailed, type HostNetworkPlan } from '../../../lib/network/index.ts';
import { createLinuxNetwork } from '../../../lib/network/linux/index.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { attachment, closedTo, fence, planOf } from './plans.ts';

const signal = new AbortController().signal;

describe('a host that cannot do all that is asked for', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let a: FakeHost;
  let b: FakeHost;
  const inside = (host: FakeHost, n: number, command: string) =>
    host.run(`nsenter --net=/run/netns/berth-00000000000${n} ${command}`);
  const reaches = async (host: FakeHost, n: number, address: string) =>
    (await inside(host, n, `busybox ping -c1 -W1 ${address}`)).code === 0;

  beforeEach(async () => {
    world = await fakeHosts(2);
    [a, b] = world.hosts as [FakeHost, FakeHost];
  });
  afterEach(() => world.stop());

  describe('where IPv6 is off by default, as in containers of Docker’s', () => {
    /** One that wants both families, with a gateway of IPv6 of its own, and one with IPv4 alone. */
    const mixed = (): HostNetworkPlan => {
      const both = attachment(1, '10.64.0.1');
      Object.assign(both.interfaces[0]!, { address6: 'fd00:1::1', gateways: ['fd00:1::33'] });
      both.interfaces[0]!.policy = 'both';
      const more = attachment(3, '10.64.0.3');
      Object.assign(more.interfaces[0]!, { address6: 'fd00:1::3', policy: 'both' });
      return planOf([both, attachment(2, '10.64.0.2'), more], {
        ownBlocks: ['10.64.0.0/26', 'fd00:1::/122'],
        routes: [{ to: '10.64.0.64/26', via: b.address }],
        policies: [closedTo('shop', ['10.64.0.0/24']), closedTo('both', ['10.64.0.0/24', 'fd00:1::/64'])],
      });
    };
    const off = 'for each in all default eth0 lo; do echo 1 >/proc/sys/net/ipv6/conf/$each/disable_ipv6; done';
    const routes = () => a.sh('ip -4 route');

    it('is on where it is asked for, and nowhere else', async () => {
      await a.sh(off);
      await createLinuxNetwork({ shell: a }).apply(mixed(), fence(1), signal);
      expect(await reaches(a, 3, 'fd00:1::1'), 'IPv6').equal(true);
      expect(await reaches(a, 1, '10.64.0.2'), 'IPv4').equal(true);
      expect(await a.sh('cd /proc/sys/net/ipv6/conf; cat eth0/disable_ipv6 cali00000000002/disable_ipv6')).equal(
        '1\n1\n',
      );
      expect((await createLinuxNetwork({ shell: a }).read(signal)).intact).length(1);
      const links = () => a.sh('ip -o link; ip -6 route; ip -6 neigh show proxy; nft -a list ruleset');
      const before = await links();
      await createLinuxNetwork({ shell: a }).apply(mixed(), fence(1), signal);
      expect(await links()).equal(before);
    });

    it('fails who asks for it where nobody may switch it on, and nobody else', async () => {
      const switches = '/proc/sys/net/ipv6';
      await a.sh(`${off}; mount --bind ${switches} ${switches} && mount -o remount,bind,ro ${switches}`);
      const network = createLinuxNetwork({ shell: a });
      const failure = await network.apply(mixed(), fence(1), signal).catch((error: unknown) => error);
      expect(failure).instanceOf(BatchFailed);
      expect(String((failure as BatchFailed).failed.get('uid1'))).contain('the host has IPv6 disabled');
      expect((failure as BatchFailed).failed.has('uid2')).equal(false);
      expect(await routes())
        .contain('10.64.0.2 dev cali')
        .contain('10.64.0.64/26 via')
        .contain('blackhole 10.64.0.0/26');
      expect(await reaches(a, 1, '10.64.0.2'), 'IPv4 of who has no IPv6').equal(true);
      const state = await network.read(signal);
      expect(state.intact).deep.equal([]);
      expect(state.missing?.map(({ what }) => what).join()).contain('the host has IPv6 disabled');
    });
  });

  it('makes all that it can where one line of the batch ends it', async () => {
    const six = planOf([attachment(1, '10.64.0.1')], {
      routes: [
        { to: 'fd00:1::40/122', via: 'fd00:dead::1' },
        { to: '10.64.0.64/26', via: b.address },
      ],
    });
    await a.sh('ip -6 route flush table all');
    const failure = await createLinuxNetwork({ shell: a })
      .apply(six, fence(1), signal)
      .catch((error: unknown) => error);
    expect(failure).instanceOf(BatchFailed);
    expect(await a.sh('ip -4 route'))
      .contain('10.64.0.64/26 via')
      .contain('10.64.0.1 dev cali');
    const { intact, missing } = await createLinuxNetwork({ shell: a }).read(signal);
    expect(intact).deep.equal([]);
    expect(missing?.[0]?.what).match(/^no route to fd00:1::40\/122 via fd00:dead::1/);
  });

  it('tells of each of many failures in a line, and of all together in few', async () => {
    const bad = Array.from({ length: 200 }, (_, n) => {
      const number = String(n + 10).padStart(11, '0');
      const made = { ...attachment(n, `10.64.1.${n}`), uid: `bad${n}`, namespace: `berth-0${number}` };
      Object.assign(made.interfaces[0]!, { hostInterface: `cali${number}`, mac: 'ff:ff:ff:ff:ff:ff' });
      return made;
    });
    let said = 0;
    const shell: FakeHost = {
      ...a,
      async run(command, options) {
        const result = await a.run(command, options);
        said = result.stdout.length;
        return result;
      },
    };
    const failure = await createLinuxNetwork({ shell })
      .apply(planOf([...bad, attachment(1, '10.64.0.1')]), fence(1), signal)
      .catch((error: unknown) => error);
    expect(failure).instanceOf(BatchFailed);
    const { failed, message } = failure as BatchFailed;
    expect([...failed.keys()]).members(bad.map(({ uid }) => uid));
    expect(failed.get('bad7')).match(/^cannot make the interface cali00000000017: .*Cannot assign/);
    expect(said).lessThan(200_000);
    expect(message.length).lessThan(3000);
  });

  it('notes its routes once, however often nft refuses the rules', async () => {
    const plan = planOf([attachment(1, '10.64.0.1')], {
      ownBlocks: ['10.64.0.0/26'],
      routes: [{ to: '10.64.0.64/26', via: b.address }],
    });
    const bad = attachment(2, '10.64.0.2');
    bad.interfaces[0]!.mac = 'no-mac';
    const network = createLinuxNetwork({ shell: a });
    const noted = () => a.sh(`cat /run/berth/${plan.installation}/routes`);
    const refusal = () =>
      network
        .apply({ ...plan, attachments: [...plan.attachments, bad] }, fence(1), signal)
        .catch((error: unknown) => error);
    expect(String(await refusal())).contain('nft refuses the rules');
    const first = await noted();
    expect(first.trim().split('\n')).length(2);
    await refusal();
    await refusal();
    expect(await noted()).equal(first);
    await network.apply(plan, fence(1), signal);
    expect((await network.read(signal)).intact).deep.equal([plan.installation]);
  });

  it('tells what is there where the state of an installation was removed', async () => {
    const plan = planOf([attachment(1, '10.64.0.1')]);
    const network = createLinuxNetwork({ shell: a });
    await network.apply(plan, fence(1), signal);
    await a.sh(`rm -r /var/lib/berth/${plan.installation}`);
    const state = await network.read(signal);
    expect(state.namespaces).deep.equal([{ name: 'berth-000000000001', addresses: ['10.64.0.1'] }]);
    expect(state.intact, 'nothing says so').deep.equal([]);
    await network.apply(plan, fence(1), signal);
    expect((await network.read(signal)).intact).deep.equal([plan.installation]);
  });

  it('refuses what goes to a network that it has no way to, and sends it to nobody outside', async () => {
    await a.sh(`ip route add default via ${b.address}`);
    await b.sh('ip addr add 10.64.2.7/32 dev lo && ip addr add 10.65.0.7/32 dev lo');
    const plan = planOf([attachment(1, '10.64.0.1')], {
      ...{ pools: ['10.64.0.0-10.64.3.255'], masquerade: ['10.64.0.0/24'] },
      routes: [{ to: '10.64.3.0/26', via: b.address }],
    });
    await b.sh(`ip addr add 10.64.3.7/32 dev lo && ip route add 10.64.0.0/24 via ${a.address}`);
    await createLinuxNetwork({ shell: a }).apply(plan, fence(1), signal);
    const refusal = await inside(a, 1, 'busybox ping -c1 -W2 10.64.2.7');
    expect(refusal.stdout + refusal.stderr, 'no way there').not.contain('1 packets received');
    expect((await inside(a, 1, 'timeout 3 curl -s http://10.64.2.7/')).code, 'refused at once, not in silence').equal(
      7,
    );
    expect(await reaches(a, 1, '10.64.3.7'), 'by a route').equal(true);
    expect(await reaches(a, 1, '10.65.0.7'), 'the world outside').equal(true);
  });
});
