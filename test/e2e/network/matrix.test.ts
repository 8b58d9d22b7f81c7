import { expect } from 'chai';
import type { HostNetworkPlan } from '../../../lib/network/index.ts';
import { createLinuxNetwork } from '../../../lib/network/linux/index.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { closedTo, fence, planOf } from './plans.ts';
import { ask, Programs } from './programs.ts';

const signal = new AbortController().signal;

/** `web` may reach `db`; nobody else reaches anybody. `six` has IPv6 alone. Each host has a block of each. */
const NETWORKS = {
  web: { ranges: ['10.64.0.0/24', 'fd00:64:1::/64'], from: [] },
  db: { ranges: ['10.64.1.0/24', 'fd00:64:2::/64'], from: ['10.64.0.0/24', 'fd00:64:1::/64'] },
  six: { ranges: ['fd00:64:3::/64'], from: [] },
} as const;
type Network = keyof typeof NETWORKS;
const NAMES = ['web', 'db', 'six'] as const;
const RANGES = NAMES.flatMap((name) => [...NETWORKS[name].ranges]);

interface Member {
  /** 1 to 9. */
  n: number;
  host: number;
  network: Network;
  addresses: string[];
}

const MEMBERS: Member[] = [0, 1, 2].flatMap((host) =>
  NAMES.map((network, index) => ({
    n: 1 + 3 * host + index,
    host,
    network,
    addresses: [
      ...(network === 'six' ? [] : [`10.64.${index}.${64 * host + 1}`]),
      `fd00:64:${index + 1}::${(64 * host + 1).toString(16)}`,
    ],
  })),
);

const may = (from: Member, to: Member): boolean =>
  from.network === to.network || (from.network === 'web' && to.network === 'db');

function planFor(host: number, hosts: readonly FakeHost[]): HostNetworkPlan {
  const blocks = (of: number) =>
    NAMES.flatMap((name, index) => [
      ...(name === 'six' ? [] : [`10.64.${index}.${64 * of}/26`]),
      `fd00:64:${index + 1}::${of === 0 ? '' : (64 * of).toString(16)}/122`,
    ]);
  const attachments = MEMBERS.filter((member) => member.host === host).map(({ n, network, addresses }) => ({
    uid: `uid${n}`,
    namespace: `berth-00000000000${n}`,
    interfaces: [
      {
        ...{ name: 'eth0', hostInterface: `cali0000000000${n}`, address: addresses[0]!, mac: `ee:00:00:00:00:0${n}` },
        ...(addresses[1] === undefined ? {} : { address6: addresses[1] }),
        policy: network,
      },
    ],
    ports: [{ host: 9000 + n, port: 8080, protocol: n % 2 ? ('tcp' as const) : ('udp' as const) }],
  }));
  const routes = hosts.flatMap((other, of) =>
    of === host ? [] : blocks(of).map((to) => ({ to, via: to.includes(':') ? other.address6 : other.address })),
  );
  return planOf(attachments, {
    routes,
    ownBlocks: blocks(host),
    pools: RANGES,
    masquerade: RANGES,
    policies: NAMES.map((name) => closedTo(name, [...NETWORKS[name].ranges, ...NETWORKS[name].from])),
  });
}

interface Cell {
  from: Member;
  way: 'tcp' | 'udp' | 'ping';
  address: string;
  /** Nothing where it may not be heard. */
  wanted: string;
}

/** Every pair, by every address, each way. */
const CELLS: readonly Cell[] = MEMBERS.flatMap((from) =>
  MEMBERS.flatMap((to) =>
    to.addresses
      // Nobody without IPv4 can ask for an IPv4 address.
      .filter((address) => address.includes(':') || from.network !== 'six')
      .flatMap((address) =>
        (['tcp', 'udp', 'ping'] as const).map((way) => {
          const answer = way === 'ping' ? 'pong' : `of-${to.n}`;
          return { from, way, address, wanted: may(from, to) ? answer : '' };
        }),
      ),
  ),
);

const inWords = ({ from, way, address, said, wanted }: Cell & { said: string }): string =>
  `${from.network}${from.n} ${way} ${address}: “${said}”, not “${wanted}”`;

describe('three networks on three hosts', function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  const programs = new Programs();
  const hostOf = ({ host }: { host: number }): FakeHost => world.hosts[host]!;
  const network = (host: number) => createLinuxNetwork({ shell: world.hosts[host]! });
  const applyAll = () =>
    Promise.all(world.hosts.map((_, i) => network(i).apply(planFor(i, world.hosts), fence(1), signal)));

  before(async () => {
    world = await fakeHosts(3);
    await applyAll();
    for (const member of MEMBERS) await programs.start({ host: hostOf(member), container: member.n }, `of-${member.n}`);
  });
  after(() => {
    programs.stop();
    world.stop();
  });

  /** Who hears from whom although it may not, and who does not although it may. */
  async function wrongCells(): Promise<string[]> {
    let asked: readonly Cell[] = CELLS;
    for (let round = 1; ; round++) {
      const cells = await answersTo(asked);
      // Heard once is heard: only silence may come of a machine that is busy, and is asked again.
      const wrong = cells.filter(({ said, wanted }) => said !== '' && said !== wanted);
      const silent = cells.filter(({ said, wanted }) => said === '' && said !== wanted);
      if (wrong.length > 0 || silent.length === 0 || round === 5) return [...wrong, ...silent].map(inWords);
      asked = silent;
    }
  }

  async function answersTo(cells: readonly Cell[]): Promise<(Cell & { said: string })[]> {
    const rows = await Promise.all(
      MEMBERS.map(async (from) => {
        const row = cells.filter((cell) => cell.from === from);
        const targets = row.map(({ way, address }) => `${way} ${address}`);
        const answers = row.length > 0 ? await ask({ host: hostOf(from), container: from.n }, targets) : [];
        return row.map((cell, i) => ({ ...cell, said: answers[i]! }));
      }),
    );
    return rows.flat();
  }

  it('reach whom they should, and nobody else', async () => expect(await wrongCells()).deep.equal([]));

  it('say that all of it stands, and what does not after a flush, a lost route, a lost interface; and are put right', async () => {
    const intact = () => Promise.all([0, 1, 2].map(async (i) => (await network(i).read(signal)).intact.length === 1));
    expect(await intact()).deep.equal([true, true, true]);
    await world.hosts[0]!.sh('nft flush ruleset');
    await world.hosts[1]!.sh('ip route del 10.64.0.0/26 && ip -6 route del fd00:64:3::/122');
    await world.hosts[2]!.sh('ip link set cali00000000007 down');
    expect(await intact()).deep.equal([false, false, false]);
    await applyAll();
    expect(await intact()).deep.equal([true, true, true]);
    expect(await wrongCells()).deep.equal([]);
  });

  for (const [what, damage] of [
    ['rules of Docker’s own chains', 'iptables -F FORWARD'],
    ['rules of Docker’s own chains for IPv6', 'ip6tables -F FORWARD'],
    ['the ARP table', 'nft delete table arp berth-aaaaaaaa'],
    ['one set of rules', 'nft flush set inet berth-aaaaaaaa sources6'],
    ['forwarding', 'echo 0 >/proc/sys/net/ipv4/ip_forward'],
    ['a route to a container', 'ip -6 route del fd00:64:1::1'],
    ['an interface’s MTU', 'ip link set cali00000000001 mtu 1280'],
  ] as const) {
    it(`notices a change of ${what}`, async () => {
      await world.hosts[0]!.sh(damage);
      expect((await network(0).read(signal)).intact).deep.equal([]);
      await network(0).apply(planFor(0, world.hosts), fence(1), signal);
      expect((await network(0).read(signal)).intact).length(1);
    });
  }

  it('does not take part with addresses or a MAC of others', async () => {
    const [web, other] = [MEMBERS[0]!, MEMBERS[3]!];
    const inside = (command: string) =>
      hostOf(web).run(`timeout 5 nsenter --net=/run/netns/berth-000000000001 ${command}`);
    const send = (from: string, to: string, text: string) =>
      inside(
        `node -e "const s=require('dgram').createSocket('udp${from.includes(':') ? 6 : 4}');s.bind(0,'${from}',()=>s.send('${text}',8080,'${to}',()=>process.exit()))"`,
      );
    for (const spoofed of ['10.64.0.77', '192.0.2.2', 'fd00:64:1::77']) {
      await inside(`ip addr add ${spoofed}/${spoofed.includes(':') ? '128 nodad' : '32'} dev lo`);
    }
    const [to4 = '', to6 = ''] = other.addresses;
    await send('10.64.0.77', to4, 'spoofed-member');
    await send('192.0.2.2', to4, 'spoofed-host');
    await send('fd00:64:1::77', to6, 'spoofed-6');
    await send(web.addresses[0]!, to4, 'honest');
    await inside('ip link set eth0 address 02:00:00:00:00:99');
    await send(web.addresses[0]!, to4, 'spoofed-mac');
    // The kernel forgets its neighbours with its MAC.
    await inside('ip link set eth0 address ee:00:00:00:00:01');
    await inside('ip neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0');
    await inside('busybox arping -c 1 -w 1 -I eth0 -s 10.64.0.77 169.254.1.1');
    expect(await hostOf(web).sh('ip neigh show dev cali00000000001')).not.contain('10.64.0.77');
    const { stdout } = await inside(
      `node -e "const s=require('dgram').createSocket('udp4');s.on('message',m=>{console.log(String(m));process.exit()});s.send('heard',8080,'${to4}')"`,
    );
    expect(stdout.trim()).equal('honest');
  });
});
