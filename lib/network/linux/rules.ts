import type { Attachment, HostNetworkPlan } from '../host.ts';
import { tableOf } from './names.ts';

/**
 * The host's rules as one nftables transaction that replaces our table whole: isolation of networks, anti-spoofing, NAT
 * out, published ports. Empty when there is nothing to rule.
 *
 * - Members of a network reach each other; beyond that a container is reached by answers and through published ports
 *   alone, as with Calico's profile of the same name.
 * - Ports are published on every address of the host, to others (prerouting) and to the host itself (output), also on
 *   127.0.0.1; the kernel forwards from there only because of route_localnet, and the first chain keeps containers from
 *   using that door. They come after Docker's own chains (priority -100): who published a port before us keeps it.
 */
export function rulesOf(plan: HostNetworkPlan): string {
  const interfaces = plan.attachments.flatMap((attachment) => attachment.interfaces);
  if (interfaces.length === 0) return '';
  const table = `table inet ${tableOf(plan.installation)}`;
  const networks = plan.networks.filter(({ cidrs }) => cidrs.length > 0);
  return `${table}
delete ${table}
${table} {
${set('set interfaces', 'type ifname', quoted(interfaces.map((each) => each.hostInterface)))}
${set('set sources', 'type ifname . ipv4_addr', sources(interfaces))}
${set('set hairpin', 'type ipv4_addr . ipv4_addr', hairpins(plan.attachments))}
${set('set pools', INTERVALS, plan.pools)}
${networks.map(({ name, cidrs }) => set(`set ${setOf(name)}`, INTERVALS, cidrs)).join('\n')}
${set('map published_tcp', 'type inet_service : ipv4_addr . inet_service', published(plan.attachments, 'tcp'))}
${set('map published_udp', 'type inet_service : ipv4_addr . inet_service', published(plan.attachments, 'udp'))}
  chain entry {
    type filter hook prerouting priority raw; policy accept;
    iifname @interfaces ip daddr 127.0.0.0/8 drop
    iifname @interfaces meta nfproto ipv4 iifname . ip saddr != @sources drop
  }
  chain prerouting {
    type nat hook prerouting priority -99; policy accept;
    fib daddr type local dnat ip to tcp dport map @published_tcp
    fib daddr type local dnat ip to udp dport map @published_udp
  }
  chain output {
    type nat hook output priority -99; policy accept;
    fib daddr type local dnat ip to tcp dport map @published_tcp
    fib daddr type local dnat ip to udp dport map @published_udp
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 127.0.0.0/8 oifname @interfaces masquerade
    ct status dnat ip saddr . ip daddr @hairpin masquerade
    ip saddr @pools ip daddr != @pools masquerade
  }
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    oifname @interfaces jump ingress
  }
  chain ingress {
    ct state established,related accept
    ct status dnat accept
${networks.map(({ name }) => `    ip daddr @${setOf(name)} ip saddr @${setOf(name)} accept`).join('\n')}
    drop
  }
}
`;
}

const INTERVALS = 'type ipv4_addr; flags interval; auto-merge';

function set(declaration: string, properties: string, elements: readonly string[]): string {
  const members = elements.length > 0 ? ` elements = { ${elements.join(', ')} };` : '';
  return `  ${declaration} { ${properties};${members} }`;
}

const quoted = (names: readonly string[]): string[] => names.map((name) => `"${name}"`);

const sources = (interfaces: Attachment['interfaces']): string[] =>
  interfaces.map(({ hostInterface, address }) => `"${hostInterface}" . ${address}`);

/** A container that asks for its own published port would be answered by itself, which it would not believe. */
const hairpins = (attachments: readonly Attachment[]): string[] =>
  attachments
    .filter(({ ports, interfaces }) => ports.length > 0 && interfaces.length > 0)
    .map(({ interfaces }) => `${interfaces[0]!.address} . ${interfaces[0]!.address}`);

const published = (attachments: readonly Attachment[], protocol: 'tcp' | 'udp'): string[] =>
  attachments.flatMap(({ ports, interfaces }) => {
    const address = interfaces[0]?.address;
    if (!address) return [];
    return ports.filter((each) => each.protocol === protocol).map(({ host, port }) => `${host} : ${address} . ${port}`);
  });

/** The prefix keeps nft from reading a number or a keyword; dots, dashes and 63 characters it takes. */
const setOf = (network: string): string => `network-${network}`;
