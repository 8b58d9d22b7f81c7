import { createLinuxNetwork } from '../../lib/network/linux/index.ts';
import { silent, systemClock } from '../../lib/platform/index.ts';
import { createSsh, fingerprintsOf, type Shell } from '../../lib/ssh/index.ts';
import { type FakeHost, fakeHosts } from '../e2e/network/hosts.ts';
import { closedTo, fence, planOf } from '../e2e/network/plans.ts';
import { startSshd } from '../integration/ssh/sshd.ts';
import { type Bench, timed } from './harness.ts';

const RUNS = 10;
/** Runs that are typed, too: each takes seconds. */
const TYPED = 3;
const RANGES = ['10.64.0.0/24', '10.64.1.0/24'];
const signal = new AbortController().signal;

/** A container in two networks, on a host that has nothing else. */
const plan = planOf(
  [
    {
      uid: 'uid1',
      namespace: 'berth-000000000001',
      interfaces: RANGES.map((range, index) => ({
        name: `eth${index}`,
        hostInterface: `cali0000000000${index}`,
        address: range.replace('0/24', '5'),
        mac: `ee:00:00:00:00:0${index}`,
        subnets: [range],
        policy: `network${index}`,
      })),
      ports: [{ host: 8080, port: 8080, protocol: 'tcp' }],
    },
  ],
  { policies: RANGES.map((range, index) => closedTo(`network${index}`, [range])) },
);

/** What somebody types who knows the host to be empty, and looks at nothing. */
const typed = (rules: string): string[] => [
  'ip netns add berth-000000000001',
  ...plan.attachments[0]!.interfaces.flatMap(({ name, hostInterface: host, address, mac }, index) => {
    const table = index === 0 ? '' : ` table ${100 + index}`;
    const inside = `nsenter --net=/run/netns/berth-000000000001 ip`;
    return [
      `ip link add ${host} address ee:ee:ee:ee:ee:ee type veth peer name ${name} address ${mac} netns berth-000000000001`,
      `ip link set ${host} up`,
      `sysctl -qw net.ipv4.conf.${host}.proxy_arp=1 net.ipv4.conf.${host}.rp_filter=1 net.ipv4.conf.${host}.route_localnet=1`,
      `ip route add ${address}/32 dev ${host} scope link`,
      `${inside} addr add ${address}/32 dev ${name}`,
      `${inside} link set ${name} up`,
      `${inside} neigh add 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev ${name}`,
      `${inside} route add 169.254.1.1/32 dev ${name} scope link${table}`,
      `${inside} route add default via 169.254.1.1 dev ${name}${table}`,
      ...(index === 0 ? [] : [`${inside} rule add from ${address} lookup ${100 + index}`]),
    ];
  }),
  `nft -f - <<'RULES'\n${rules}\nRULES`,
  'iptables -w -I FORWARD -i cali+ -j ACCEPT',
  'iptables -w -I FORWARD -o cali+ -j ACCEPT',
  'sysctl -qw net.ipv4.ip_forward=1',
];

const CLEAN = `ip netns del berth-000000000001; ip link del cali00000000000; ip link del cali00000000001; nft flush ruleset
  iptables -F FORWARD; rm -rf /run/berth; true`;

/** Commands over a connection, in a host's namespaces. */
const within = ({ pid }: FakeHost, shell: Shell): Shell => ({
  run: (command, options) => shell.run(`nsenter -t ${pid} -n -m ${command}`, options),
  close: () => shell.close(),
});

export const attach: Bench = {
  name: 'attach',
  about:
    'a container attached to two networks with a published port: one batch, and the bare commands over the same SSH connection',
  async run(say) {
    const sshd = await startSshd();
    const world = await fakeHosts(1);
    const ssh = createSsh({ clock: systemClock, log: silent });
    try {
      const host = world.hosts[0]!;
      const shell = ssh.shell(async () => ({
        ...{ address: '127.0.0.1', port: sshd.port, user: 'root', privateKey: sshd.privateKey },
        hostKeys: fingerprintsOf(sshd.hostKeys.ed25519),
      }));
      const there = within(host, shell);
      const network = createLinuxNetwork({ shell: there });
      await network.apply(plan, fence(1), signal);
      const commands = typed(await host.sh('nft -s list ruleset'));
      const values: Record<'ours' | 'typed' | 'script', number[]> = { ours: [], typed: [], script: [] };
      const must = async (command: string) => {
        const { code, stderr } = await there.run('sh -es', { stdin: command });
        if (code !== 0) throw new Error(`${command}: ${stderr}`);
      };
      for (let run = 0; run <= RUNS; run++) {
        const clean = () => host.sh(CLEAN);
        await clean();
        const ours = await timed(() => network.apply(plan, fence(1), signal));
        await clean();
        const script = await timed(() => must(commands.join('\n')));
        // The first one warms up.
        if (run === 0) continue;
        say(`run ${run} of ${RUNS}: ${Math.round(ours)} ms, as a script ${Math.round(script)} ms`);
        values.ours.push(ours);
        values.script.push(script);
        if (run > TYPED) continue;
        await clean();
        const one = await timed(async () => {
          for (const command of commands) await must(command);
        });
        say(`typed ${Math.round(one)} ms`);
        values.typed.push(one);
      }
      const figure = { name: 'attach to two networks', unit: 'ms', values: values.ours };
      return [
        {
          ...figure,
          against: { name: `the same ${commands.length} commands, typed`, values: values.typed },
          goal: { of: 'ratio', atMost: 1.2 },
        },
        {
          ...figure,
          against: { name: 'the same commands in one script, unlooked', values: values.script },
          goal: { of: 'ratio', atMost: 1.2 },
        },
      ];
    } finally {
      ssh.close();
      world.stop();
      await sshd.stop();
    }
  },
};
