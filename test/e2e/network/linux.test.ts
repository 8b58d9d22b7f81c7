import { expect } from 'chai';
import { Fenced } from '../../../lib/fence/index.ts';
import { BatchFailed, type HostNetworkPlan } from '../../../lib/network/index.ts';
import { createLinuxNetwork } from '../../../lib/network/linux/index.ts';
import { until } from '../../harness/until.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { attachment, closedTo, fence, planOf } from './plans.ts';
import { listening } from './programs.ts';

const signal = new AbortController().signal;
/** Interfaces by index, addresses, routes, rules with their handles: whatever is made anew shows. */
const picture = (host: FakeHost): Promise<string> =>
  host.sh(
    `ip -o link; ip -4 -o addr; ip -4 route; nft -a list ruleset; ls /run/netns
     for n in /run/netns/*; do nsenter --net=$n ip -o link; nsenter --net=$n ip -4 route; nsenter --net=$n ip rule; done`,
  );

describe('the linux network of real hosts', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let a: FakeHost;
  let b: FakeHost;
  const inside = (host: FakeHost, n: number, command: string) =>
    host.run(`nsenter --net=/run/netns/berth-00000000000${n} ${command}`);
  const reaches = async (host: FakeHost, n: number, address: string) =>
    (await inside(host, n, `busybox ping -c1 -W1 ${address}`)).code === 0;
  const answers = async (host: FakeHost, url: string, n?: number) => {
    const command = `timeout 3 curl -s ${url}`;
    return (await (n === undefined ? host.run(command) : inside(host, n, command))).stdout.trim();
  };
  /** A web server in a container's namespace that says who asked. */
  const serve = async (host: FakeHost, n: number) => {
    await host.sh(
      `nsenter --net=/run/netns/berth-00000000000${n} busybox nc -ll -p 8080 -e /bin/sh -c 'read x; printf "HTTP/1.0 200 OK\\r\\n\\r\\nserved by ${n}\\n"' >/dev/null 2>&1 &`,
    );
    await listening({ host, container: n }, 8080);
  };

  beforeEach(async () => {
    world = await fakeHosts(2);
    [a, b] = world.hosts as [FakeHost, FakeHost];
  });
  afterEach(() => world.stop());

  /** Two hosts with two containers each of one network, and one of another network on the first. */
  async function two(): Promise<{ planA: HostNetworkPlan; planB: HostNetworkPlan }> {
    const planA = planOf(
      [
        attachment(1, '10.64.0.1', [
          { host: 80, port: 8080, protocol: 'tcp' },
          { host: 53, port: 5353, protocol: 'udp' },
        ]),
        attachment(2, '10.64.0.2'),
        attachment(3, '10.64.1.1'),
      ],
      {
        ownBlocks: ['10.64.0.0/26'],
        routes: [
          { to: '10.64.0.64/26', via: b.address },
          { to: '10.64.0.9/32', via: b.address },
        ],
      },
    );
    const planB = planOf([attachment(4, '10.64.0.65'), attachment(5, '10.64.0.9')], {
      routes: [{ to: '10.64.0.0/26', via: a.address }],
    });
    await createLinuxNetwork({ shell: a }).apply(planA, fence(1), signal);
    await createLinuxNetwork({ shell: b }).apply(planB, fence(1), signal);
    return { planA, planB };
  }

  it('lets members of one network reach each other, on one host and across, and nobody else', async () => {
    await two();
    expect(await reaches(a, 1, '10.64.0.2'), 'same host').equal(true);
    expect(await reaches(a, 1, '10.64.0.65'), 'by a block of the other host').equal(true);
    expect(await reaches(b, 5, '10.64.0.2'), 'with a borrowed address').equal(true);
    expect(await reaches(a, 3, '10.64.0.1'), 'another network').equal(false);
    expect((await a.run('busybox ping -c1 -W1 10.64.0.1')).code, 'from its own host').equal(0);
  });

  it('publishes a port to others, to the host itself, to 127.0.0.1, to containers, and nothing else', async () => {
    await two();
    await serve(a, 1);
    expect(await answers(b, `http://${a.address}/`), 'from another host').equal('served by 1');
    expect(await answers(a, `http://${a.address}/`), 'from the host').equal('served by 1');
    expect(await answers(a, 'http://127.0.0.1/'), 'from the host by 127.0.0.1').equal('served by 1');
    expect(await answers(a, `http://${a.address}/`, 3), 'from another network on the host').equal('served by 1');
    expect(await answers(a, `http://${a.address}/`, 1), 'from the container itself').equal('served by 1');
    expect(await answers(a, `http://${b.address}/`), 'an address that is not of this host').equal('');
    expect(await answers(a, 'http://127.0.0.1:8080/', 2), '127.0.0.1 of the host, from a container').equal('');
  });

  it('publishes UDP the same way', async () => {
    await two();
    const echo =
      "require('dgram').createSocket('udp4').on('message',function(m,r){this.send('heard '+m,r.port,r.address)}).bind(5353)";
    await a.sh(`nsenter --net=/run/netns/berth-000000000001 timeout 20 node -e "${echo}" >/dev/null 2>&1 &`);
    await listening({ host: a, container: 1 }, 5353, 'udp');
    const ask = (address: string) =>
      `timeout 5 node -e "const s=require('dgram').createSocket('udp4');s.on('message',m=>{console.log(String(m));process.exit()});s.send('you',53,'${address}')"`;
    expect((await b.run(ask(a.address))).stdout).equal('heard you\n');
    expect((await a.run(ask('127.0.0.1'))).stdout).equal('heard you\n');
  });

  it('does not send on what is addressed to nobody in its own blocks', async () => {
    await two();
    const { code, stdout, stderr } = await b.run('busybox ping -c1 -W1 10.64.0.3');
    expect(code, `${stdout}${stderr}`).not.equal(0);
    expect(await a.sh('ip route get 10.64.0.3 2>&1 || true')).match(/Invalid argument|blackhole/);
  });

  it('hides containers behind their host when they speak to the outside', async () => {
    await two();
    // b has no way back to 10.64.1.1: an answer proves the translation.
    expect(await reaches(a, 3, b.address)).equal(true);
  });

  it('changes nothing when applied again', async () => {
    const { planA } = await two();
    const before = await picture(a);
    await createLinuxNetwork({ shell: a }).apply(planA, fence(1), signal);
    expect(await picture(a)).equal(before);
  });

  it('tells what is there', async () => {
    await two();
    const state = await createLinuxNetwork({ shell: a }).read(signal);
    expect(state.hostInterfaces).members(['cali00000000001', 'cali00000000002', 'cali00000000003']);
    expect(state.namespaces).deep.include({ name: 'berth-000000000001', addresses: ['10.64.0.1'] });
  });

  it('removes what is no longer planned, and leaves what others made', async () => {
    const { planA } = await two();
    await a.sh(
      'ip netns add berth-foreign; ip link add califoreign type veth peer name x; ip route add 10.99.0.0/24 via 192.0.2.2',
    );
    const other = { ...planOf([{ ...attachment(7, '10.64.0.33') }]), installation: 'zzzzzzzzbbbbbbbbcccc' };
    await createLinuxNetwork({ shell: a }).apply(other, fence(1), signal);
    await createLinuxNetwork({ shell: a }).apply(
      { ...planA, attachments: [], routes: [], ownBlocks: [] },
      fence(1),
      signal,
    );
    const left = await picture(a);
    expect(left).not.match(/cali0000000000[123]|10\.64\.0\.64|berth-aaaaaaaa|berth-00000000000[123]/);
    expect(left).contain('califoreign').contain('berth-foreign').contain('10.99.0.0/24').contain('berth-zzzzzzzz');
    expect(left).contain('cali00000000007').contain('berth-000000000007');
    expect(await a.sh('ls -R /run/berth')).not.contain('aaaaaaaa');
    expect(await a.sh('iptables -S FORWARD')).not.contain('aaaaaaaa');
  });

  it('leaves a route that another made its own', async () => {
    const { planA } = await two();
    const routes = () => a.sh('ip -4 route');
    await a.sh(`ip route replace 10.64.0.64/26 via ${b.address} proto 80`);
    await createLinuxNetwork({ shell: a }).apply({ ...planA, routes: [], ownBlocks: [] }, fence(1), signal);
    expect(await routes())
      .contain('10.64.0.64/26 via')
      .not.contain('10.64.0.9')
      .not.contain('blackhole');
  });

  it('forwards although Docker’s policy is to drop, and says so once', async () => {
    await a.sh('iptables -P FORWARD DROP');
    const { planA } = await two();
    await createLinuxNetwork({ shell: a }).apply(planA, fence(1), signal);
    expect(await reaches(b, 4, '10.64.0.1')).equal(true);
    expect((await a.sh('iptables -S FORWARD')).match(/-A FORWARD/g)).length(2);
  });

  it('refuses a lower fence, before anything is touched, and keeps the highest over a reboot', async () => {
    const network = createLinuxNetwork({ shell: a });
    const { planA } = await two();
    await network.apply(planA, fence(7), signal);
    await a.loseWhatARebootLoses();
    const refusal = await network.apply(planA, fence(6), signal).catch((error: unknown) => error);
    expect(refusal).instanceOf(Fenced).include({ stored: 7, code: 'BERTH_FENCED' });
    expect((await network.read(signal)).namespaces).deep.equal([]);
    await network.apply(planA, fence(7), signal);
    expect((await network.read(signal)).namespaces).length(3);
  });

  it('takes a lower fence when the higher one is proven to be of a lost future, that one only', async () => {
    const network = createLinuxNetwork({ shell: a });
    await network.apply(planOf([]), fence(900), signal);
    expect(await network.apply(planOf([]), fence(5, 800), signal).catch((error: unknown) => error)).instanceOf(Fenced);
    await network.apply(planOf([]), fence(5, 900), signal);
    expect(await network.apply(planOf([]), fence(4), signal).catch((error: unknown) => error)).instanceOf(Fenced);
  });

  it('builds everything again after a reboot, over the empty files that one leaves', async () => {
    const { planA } = await two();
    await a.loseWhatARebootLoses();
    await a.sh('mkdir -p /run/netns && : >/run/netns/berth-000000000001');
    expect((await createLinuxNetwork({ shell: a }).read(signal)).namespaces).deep.equal([]);
    await createLinuxNetwork({ shell: a }).apply(planA, fence(1), signal);
    expect(await reaches(b, 4, '10.64.0.1')).equal(true);
  });

  for (const [what, damage] of [
    [
      'an interface without its other end in the namespace',
      'nsenter --net=/run/netns/berth-000000000001 ip link del eth0',
    ],
    [
      'an interface whose other end is in another namespace',
      'ip netns add elsewhere; nsenter --net=/run/netns/berth-000000000001 ip link set eth0 netns elsewhere',
    ],
    [
      'a half-made pair on the host',
      'ip link del cali00000000001; ip link add cali00000000001 type veth peer name eth9',
    ],
    ['an interface that is down', 'ip link set cali00000000001 down'],
    ['a lost address', 'nsenter --net=/run/netns/berth-000000000001 ip addr flush dev eth0'],
    ['a lost way out', 'nsenter --net=/run/netns/berth-000000000001 ip route del default'],
    ['lost rules', 'nft flush ruleset'],
    ['a lost route', 'ip route del 10.64.0.1'],
    ['a lost route between hosts', 'ip route del 10.64.0.64/26'],
  ] as const) {
    it(`repairs ${what}`, async () => {
      const { planA } = await two();
      await a.sh(damage);
      await createLinuxNetwork({ shell: a }).apply(planA, fence(1), signal);
      expect(await reaches(b, 4, '10.64.0.1')).equal(true);
      expect(await reaches(a, 3, '10.64.0.1')).equal(false);
    });
  }

  it('tells of no address whose family has lost its way out', async () => {
    const both = attachment(1, '10.64.0.1');
    both.interfaces[0]!.address6 = 'fd00:1::1';
    const network = createLinuxNetwork({ shell: a });
    const addresses = async () => (await network.read(signal)).namespaces[0]?.addresses;
    await network.apply(planOf([both]), fence(1), signal);
    expect(await addresses()).deep.equal(['10.64.0.1', 'fd00:1::1']);
    await inside(a, 1, 'ip -6 route del default');
    expect(await addresses()).deep.equal(['10.64.0.1']);
    await network.apply(planOf([both]), fence(1), signal);
    await inside(a, 1, 'ip route del default');
    expect(await addresses()).deep.equal(['fd00:1::1']);
  });

  it('binds the name to the namespace of a process that is in it already', async () => {
    const pid = Number(await a.sh('unshare --net sleep 1000 >/dev/null 2>&1 & echo $!'));
    const namespace = (of: number | 'self') => a.sh(`readlink /proc/${of}/ns/net`);
    await until('its namespace', async () => (await namespace(pid)) !== (await namespace('self')), { every: 20 });
    await createLinuxNetwork({ shell: a }).apply(planOf([{ ...attachment(1, '10.64.0.1'), pid }]), fence(1), signal);
    expect(await a.sh(`nsenter -t ${pid} -n ip -4 -o addr show dev eth0`)).contain('10.64.0.1/32');
    await a.sh(`kill ${pid}`);
  });

  it('never puts anything into the host’s own namespace', async () => {
    const pid = Number(await a.sh('sleep 1000 >/dev/null 2>&1 & echo $!'));
    const failure = await createLinuxNetwork({ shell: a })
      .apply(planOf([{ ...attachment(1, '10.64.0.1'), pid }, attachment(2, '10.64.0.2')]), fence(1), signal)
      .catch((error: unknown) => error);
    expect(failure).instanceOf(BatchFailed);
    expect([...(failure as BatchFailed).failed.keys()]).deep.equal(['uid1']);
    expect(await a.sh('ip -4 addr show dev eth0')).not.contain('10.64.0.1');
    expect((await a.run('busybox ping -c1 -W1 10.64.0.2')).code, 'the other attachment').equal(0);
    await a.sh(`kill ${pid}`);
  });

  it('answers on a second interface the way it was asked', async () => {
    const both = attachment(1, '10.64.0.1');
    both.interfaces.push({
      name: 'eth1',
      hostInterface: 'cali00000000008',
      address: '10.64.1.8',
      mac: 'ee:00:00:00:00:08',
      subnets: ['10.64.1.0/24'],
      policy: 'other',
    });
    await createLinuxNetwork({ shell: a }).apply(
      planOf([both, attachment(2, '10.64.0.2'), attachment(3, '10.64.1.1')]),
      fence(1),
      signal,
    );
    expect(await reaches(a, 3, '10.64.1.8')).equal(true);
    expect(await reaches(a, 1, '10.64.1.1')).equal(true);
    expect(await reaches(a, 2, '10.64.0.1')).equal(true);
    expect(await reaches(a, 3, '10.64.0.1')).equal(false);
  });

  it('takes away what a second interface does not lead to any more, and makes rules only where they are missing', async () => {
    const both = (...beyond: string[]) => {
      const made = attachment(1, '10.64.0.1');
      made.interfaces[0]!.address6 = 'fd00:1::1';
      made.interfaces.push({
        ...{ name: 'eth1', hostInterface: 'cali00000000008', address: '10.64.1.8', address6: 'fd00:2::8' },
        ...{ mac: 'ee:00:00:00:00:08', subnets: ['10.64.1.0/24', 'fd00:2::/64', ...beyond], policy: 'other' },
      });
      return planOf([made]);
    };
    const network = createLinuxNetwork({ shell: a });
    const routes = async () =>
      (await inside(a, 1, 'ip -4 route')).stdout + (await inside(a, 1, 'ip -6 route show proto 98')).stdout;
    const beyond = ['10.64.2.0/24', '10.64.3.7/32', 'fd00:3::/64', 'fd00:4::7/128'];
    await network.apply(both(...beyond), fence(1), signal);
    const first = await routes();
    for (const each of beyond) expect(first).match(new RegExp(`^${each.replace(/\/(32|128)$/, '')} .*eth1`, 'm'));
    await inside(a, 1, `sh -c 'ip rule del from 10.64.1.8; ip route add 10.99.0.0/24 dev eth1'`);
    await a.sh('nsenter --net=/run/netns/berth-000000000001 ip monitor rule route >/run/seen 2>&1 & sleep 0.3');
    await network.apply(both('10.64.2.0/24'), fence(1), signal);
    const left = await routes();
    expect(left).contain('10.64.2.0/24').contain('10.64.1.0/24').contain('fd00:2::/64').contain('10.99.0.0/24');
    expect(left).not.match(/10\.64\.3\.7|fd00:[34]:/);
    const seen = await a.sh('cat /run/seen');
    expect(seen.match(/from 10\.64\.1\.8/g), 'the rule that was missing').length(1);
    expect(seen, 'the one that was not').not.contain('from fd00:2::8');
    expect((await inside(a, 1, 'ip -6 rule')).stdout).contain('from fd00:2::8 lookup 101');
  });

  it('asks for no change of a link that is as it should be', async () => {
    const { planA } = await two();
    const ip = (await a.sh('command -v ip')).trim();
    const spy = `#!/bin/sh\ncase "$*" in *-batch*) tee -a /run/spy/asked | ${ip} "$@" ;; *) exec ${ip} "$@" ;; esac\n`;
    await a.run('mkdir /run/spy && cat >/run/spy/ip && chmod +x /run/spy/ip', { stdin: spy });
    const shell = { ...a, run: (command: string, options = {}) => a.run(`PATH=/run/spy:$PATH ${command}`, options) };
    await createLinuxNetwork({ shell }).apply(planA, fence(1), signal);
    expect(await a.sh('cat /run/spy/asked'))
      .contain('addr replace 10.64.0.1')
      .not.contain('link set cali');
  });

  it('answers for a network’s own gateway, on both interfaces and families, with the MTU of the network', async () => {
    const both = attachment(1, '10.64.0.1');
    Object.assign(both.interfaces[0]!, { address6: 'fd00:1::1', gateways: ['10.64.0.33', 'fd00:1::33'], mtu: 1400 });
    both.interfaces.push({
      ...{ name: 'eth1', hostInterface: 'cali00000000008', address: '10.64.1.8', address6: 'fd00:2::8' },
      ...{ mac: 'ee:00:00:00:00:08', subnets: ['10.64.1.0/24', 'fd00:2::/64'], policy: 'other' },
    });
    const other = attachment(3, '10.64.1.1');
    other.interfaces[0]!.address6 = 'fd00:2::1';
    const six = planOf([both, other], {
      ownBlocks: ['10.64.0.0/26'],
      policies: [closedTo('shop', ['10.64.0.0/24', 'fd00:1::/64']), closedTo('other', ['10.64.1.0/24', 'fd00:2::/64'])],
    });
    await createLinuxNetwork({ shell: a }).apply(six, fence(1), signal);
    expect((await inside(a, 1, 'busybox arping -c 1 -w 2 -I eth0 10.64.0.33')).code, 'ARP').equal(0);
    expect((await inside(a, 1, 'ip -o link show dev eth0')).stdout).contain('mtu 1400');
    expect((await inside(a, 1, 'ip -6 route show default')).stdout).contain('default via fd00:1::33 dev eth0');
    for (const address of ['10.64.1.8', 'fd00:2::8']) expect(await reaches(a, 3, address), address).equal(true);
    for (const address of ['10.64.1.1', 'fd00:2::1']) expect(await reaches(a, 1, address), address).equal(true);
    for (const address of ['10.64.0.1', 'fd00:1::1']) expect(await reaches(a, 3, address), address).equal(false);
  });

  it('says which container could not be attached and attaches the others', async () => {
    const bad = attachment(1, '10.64.0.1');
    bad.interfaces[0]!.mac = 'ff:ff:ff:ff:ff:ff';
    const failure = await createLinuxNetwork({ shell: a })
      .apply(planOf([bad, attachment(2, '10.64.0.2')]), fence(1), signal)
      .catch((error: unknown) => error);
    expect(failure).instanceOf(BatchFailed);
    expect([...(failure as BatchFailed).failed.keys()]).deep.equal(['uid1']);
    expect((await a.run('busybox ping -c1 -W1 10.64.0.2')).code).equal(0);
  });
});
