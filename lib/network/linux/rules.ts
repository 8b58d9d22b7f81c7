import type { HostNetworkPlan } from '../host.ts';
import { addressOf, type Interface } from './interfaces.ts';
import { tableOf } from './names.ts';
import { chain, declaration, FAMILIES, familyOf, ranges, WORDS } from './nft.ts';
import { chainOf, policyChains } from './policies.ts';
import { hairpinStatements, publishedPorts } from './published.ts';

/**
 * The host's rules as one nftables transaction that replaces our tables whole: anti-spoofing, policies, published ports,
 * NAT out. Empty when there is nothing to rule.
 *
 * A container sends with its own addresses and its own MAC alone, in ARP too; what it sends passes its policy's egress
 * (to its host as well), what is sent to it its policy's ingress. Answers pass, and so does what came by a published
 * port: publishing it is the permission. Beside Felix only published ports are ours.
 */
export function rulesOf(plan: HostNetworkPlan): string {
  const interfaces = plan.attachments.flatMap((attachment) => attachment.interfaces);
  if (interfaces.length === 0) return '';
  const name = tableOf(plan.installation);
  const names = declaration('set interfaces', 'type ifname', interfaces.map(quoted));
  const published = publishedPorts(plan.attachments);
  const shared = [names, ...published.sets, ...published.chains];
  if (plan.dataplane === 'felix') return table(`inet ${name}`, [...shared, translation([])]) + noTable(`arp ${name}`);
  return (
    table(`inet ${name}`, [...shared, ...isolation(plan, interfaces), translation(plan.masquerade)]) +
    table(`arp ${name}`, [names, sources(interfaces, 4), arp])
  );
}

function isolation(plan: HostNetworkPlan, interfaces: readonly Interface[]): string[] {
  const policies = policyChains(plan.policies);
  return [
    ...FAMILIES.flatMap((family) => [
      sources(interfaces, family),
      ranges(`pools${family}`, family, plan.pools),
      ranges(`masquerade${family}`, family, plan.masquerade),
      ranges(
        `routed${family}`,
        family,
        plan.routes.map(({ to }) => to),
      ),
    ]),
    ...policies.sets,
    ...policies.chains,
    verdicts(interfaces, 'in'),
    verdicts(interfaces, 'out'),
    spoofing,
    ...filters,
  ];
}

/** Declared, so that there is one to delete. */
const noTable = (name: string): string => `table ${name}\ndelete table ${name}\n`;

const table = (name: string, parts: readonly string[]): string =>
  `${noTable(name)}table ${name} {\n${parts.join('\n')}\n}\n`;

const quoted = ({ hostInterface }: Interface): string => `"${hostInterface}"`;

const sources = (interfaces: readonly Interface[], family: 4 | 6): string =>
  declaration(
    `set sources${family}`,
    `type ifname . ether_addr . ${WORDS[family].type}`,
    interfaces.flatMap((each) => {
      const address = addressOf(each, family);
      return address ? [`${quoted(each)} . ${each.mac} . ${address}`] : [];
    }),
  );

const verdicts = (interfaces: readonly Interface[], way: 'in' | 'out'): string =>
  declaration(
    `map verdicts-${way}`,
    'type ifname : verdict',
    interfaces.map(
      (each) => `${quoted(each)} : ${each.policy === undefined ? 'drop' : `jump ${chainOf(each.policy, way)}`}`,
    ),
  );

const NEIGHBOUR_DISCOVERY = 'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }';

/** Before anything is made of a packet. 127.0.0.1 is behind a door that route_localnet left open. */
const spoofing = [
  chain('sender', [
    'ip daddr 127.0.0.0/8 drop',
    'meta nfproto ipv4 iifname . ether saddr . ip saddr != @sources4 drop',
    `meta nfproto ipv6 ip6 saddr { fe80::/10, :: } ${NEIGHBOUR_DISCOVERY} ip6 hoplimit 255 return`,
    'meta nfproto ipv6 iifname . ether saddr . ip6 saddr != @sources6 drop',
  ]),
  chain('entry', ['type filter hook prerouting priority raw; policy accept;', 'iifname @interfaces jump sender']),
].join('\n');

const arp = chain('entry', [
  'type filter hook input priority filter; policy accept;',
  'iifname @interfaces iifname . arp saddr ether . arp saddr ip != @sources4 drop',
]);

/** What has an address of a network's and no way there would leave by the default route: for the world outside. */
const unrouted = (family: 4 | 6): string => {
  const { header } = WORDS[family];
  const lost = `${header} daddr @pools${family} ${header} daddr != @routed${family}`;
  return `iifname @interfaces oifname != @interfaces ${lost} reject with icmpx type no-route`;
};

/** Two on the way through, since what is accepted leaves its chain: what lets a packet out does not let it in. */
const filters = [
  chain('leaving', [
    'type filter hook forward priority filter - 11; policy accept;',
    // The next hop's address leads there, so that the host answers for it.
    'oifname "lo" drop',
    'ct state established,related accept',
    ...FAMILIES.map(unrouted),
    'iifname vmap @verdicts-out',
  ]),
  chain('leaving-to-the-host', [
    'type filter hook input priority filter - 11; policy accept;',
    'ct state established,related accept',
    `iifname @interfaces ${NEIGHBOUR_DISCOVERY} accept`,
    'iifname vmap @verdicts-out',
  ]),
  chain('arriving', [
    'type filter hook forward priority filter - 10; policy accept;',
    'ct state established,related accept',
    'oifname @interfaces ct status dnat accept',
    'oifname vmap @verdicts-in',
  ]),
];

const translation = (masqueraded: readonly string[]): string =>
  chain('postrouting', [
    'type nat hook postrouting priority srcnat; policy accept;',
    'ip saddr 127.0.0.0/8 oifname @interfaces masquerade',
    ...hairpinStatements(),
    ...FAMILIES.filter((family) => masqueraded.some((range) => familyOf(range) === family)).map((family) => {
      const { header } = WORDS[family];
      return `${header} saddr @masquerade${family} ${header} daddr != @pools${family} masquerade`;
    }),
  ]);
