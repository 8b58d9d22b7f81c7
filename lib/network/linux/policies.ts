import type { EffectiveRule, PeerMatch, PortRange, Stage } from '../../calico/index.ts';
import type { NamedPolicy } from '../host.ts';
import { chain, FAMILIES, familyOf, ranges, WORDS } from './nft.ts';

const ICMP = 1;
const ICMPV6 = 58;

const VERDICTS = { Allow: 'accept', Deny: 'drop', Pass: 'return', Log: 'log prefix "calico-packet: "' } as const;

/**
 * Calico's policies as chains: one of each policy and direction, `chainOf`, that goes through its stages, each a chain
 * of its own, and drops what none of them accepted. A rule whose ranges are of both families is a statement of each.
 */
export function policyChains(policies: readonly NamedPolicy[]): { sets: string[]; chains: string[] } {
  const sets = new RangeSets();
  const chains = policies.flatMap(({ name, ingress, egress }) => [
    ...stageChains(chainOf(name, 'in'), ingress, sets),
    ...stageChains(chainOf(name, 'out'), egress, sets),
  ]);
  return { sets: sets.declarations(), chains };
}

/** The prefix keeps nft from reading a number or a keyword. */
export const chainOf = (policy: string, way: 'in' | 'out'): string => `policy-${policy}-${way}`;

function stageChains(name: string, stages: readonly Stage[], sets: RangeSets): string[] {
  const chains = stages.map((stage, index) =>
    chain(`${name}-${index}`, [
      ...stage.rules.flatMap((rule) => statementsOf(rule, sets)),
      ...(stage.otherwise === 'Deny' ? ['drop'] : []),
    ]),
  );
  return [...chains, chain(name, [...stages.map((_, index) => `jump ${name}-${index}`), 'drop'])];
}

function statementsOf(rule: EffectiveRule, sets: RangeSets): string[] {
  const verdict = VERDICTS[rule.action];
  const upper = [
    ...protocolMatches(rule),
    ...portMatches('sport', rule.source),
    ...portMatches('dport', rule.destination),
  ];
  const peers = [rule.source, rule.destination];
  if (peers.every((peer) => peer.ranges === 'any' && peer.notRanges.length === 0)) {
    const version = rule.ipVersion ? [`meta nfproto ${WORDS[rule.ipVersion].protocol}`] : [];
    return [[...version, ...upper, verdict].join(' ')];
  }
  return familiesOf(rule).flatMap((family) => {
    if (peers.some((peer) => peer.ranges !== 'any' && !peer.ranges.some((range) => familyOf(range) === family)))
      return [];
    const lower = [
      `meta nfproto ${WORDS[family].protocol}`,
      ...rangeMatches('saddr', rule.source, { family, sets }),
      ...rangeMatches('daddr', rule.destination, { family, sets }),
    ];
    return [[...lower, ...upper, verdict].join(' ')];
  });
}

function familiesOf({ ipVersion, protocol }: EffectiveRule): readonly (4 | 6)[] {
  if (ipVersion) return [ipVersion];
  if (protocol === ICMP) return [4];
  return protocol === ICMPV6 ? [6] : FAMILIES;
}

function protocolMatches({ protocol, notProtocol, icmp, notIcmp }: EffectiveRule): string[] {
  const header = protocol === ICMPV6 ? 'icmpv6' : 'icmp';
  const matches: string[] = [];
  if (protocol !== undefined) matches.push(`meta l4proto ${protocol}`);
  if (notProtocol !== undefined) matches.push(`meta l4proto != ${notProtocol}`);
  if (icmp?.type !== undefined) matches.push(`${header} type ${icmp.type}`);
  if (icmp?.code !== undefined) matches.push(`${header} code ${icmp.code}`);
  if (notIcmp?.type !== undefined) {
    matches.push(
      notIcmp.code === undefined
        ? `${header} type != ${notIcmp.type}`
        : `${header} type . ${header} code != { ${notIcmp.type} . ${notIcmp.code} }`,
    );
  }
  return matches;
}

function portMatches(field: 'sport' | 'dport', { ports, notPorts }: PeerMatch): string[] {
  return [
    ...(ports === 'any' ? [] : [`th ${field} { ${portList(ports)} }`]),
    ...(notPorts.length === 0 ? [] : [`th ${field} != { ${portList(notPorts)} }`]),
  ];
}

const portList = (ports: readonly PortRange[]): string =>
  ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');

function rangeMatches(
  field: 'saddr' | 'daddr',
  peer: PeerMatch,
  { family, sets }: { family: 4 | 6; sets: RangeSets },
): string[] {
  const address = `${WORDS[family].header} ${field}`;
  const not = peer.notRanges.filter((range) => familyOf(range) === family);
  return [
    ...(peer.ranges === 'any' ? [] : [`${address} @${sets.nameOf(peer.ranges, family)}`]),
    ...(not.length === 0 ? [] : [`${address} != @${sets.nameOf(not, family)}`]),
  ];
}

/** Ranges that several rules name are one set. */
class RangeSets {
  readonly #names = new Map<string, { name: string; family: 4 | 6; cidrs: readonly string[] }>();

  nameOf(cidrs: readonly string[], family: 4 | 6): string {
    const own = cidrs.filter((cidr) => familyOf(cidr) === family).sort();
    const key = own.join(' ');
    const known = this.#names.get(key);
    if (known) return known.name;
    const name = `ranges-${this.#names.size}`;
    this.#names.set(key, { name, family, cidrs: own });
    return name;
  }

  declarations(): string[] {
    return [...this.#names.values()].map(({ name, family, cidrs }) => ranges(name, family, cidrs));
  }
}
