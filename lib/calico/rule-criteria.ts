/** What a rule says of a packet beside its two ends: family, protocol, ICMP. */

import { parseRange } from './addresses.ts';
import type { EffectiveRule, IcmpMatch } from './policy.ts';
import { type IcmpFields, protocolNumber, type Rule } from './rule-records.ts';

type Family = 4 | 6;
export type Criteria = Omit<EffectiveRule, 'source' | 'destination'>;

/** ICMP and ICMPv6, and the family that each is of. */
const ICMP_FAMILIES: ReadonlyMap<number, Family> = new Map([
  [1, 4],
  [58, 6],
]);

/** TCP, UDP, DCCP, SCTP, UDPLite. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** Whether packets of a protocol may have ports; undefined: those of any protocol. */
export const hasPorts = (protocol: number | undefined): boolean => protocol === undefined || WITH_PORTS.has(protocol);

/**
 * The criteria of a rule in a form that every kernel takes. Calico's clients refuse a rule about the ICMP types of
 * another protocol; etcd does not, and here it matches nothing. One that excludes them says nothing. Without a protocol
 * both are about ICMP of either family, as Felix renders them.
 *
 * @returns none where no packet can be so; several that are alternatives
 */
export function criteriaOf(rule: Rule): Criteria[] {
  const families = familiesOf(rule);
  const [family] = families.length === 1 ? families : [];
  const notProtocol = rule.notProtocol === undefined ? undefined : protocolNumber(rule.notProtocol);
  const [icmp, notIcmp] = [rule.icmp, rule.notICMP].map(icmpOf);
  return protocolsOf(rule, families).flatMap((protocol) => {
    const icmpFamily = protocol === undefined ? undefined : ICMP_FAMILIES.get(protocol);
    const isPossible = icmpFamily !== undefined && families.includes(icmpFamily);
    if (families.length === 0 || (icmp && !isPossible)) return [];
    const criteria: Criteria = { action: rule.action };
    if (family !== undefined) criteria.ipVersion = family;
    if (protocol !== undefined) criteria.protocol = protocol;
    if (notProtocol !== undefined) criteria.notProtocol = notProtocol;
    if (icmp) criteria.icmp = icmp;
    if (notIcmp && icmpFamily !== undefined) criteria.notIcmp = notIcmp;
    return [criteria];
  });
}

/** The protocols that a rule is about, one of which a packet has to be of; undefined: any. */
function protocolsOf({ protocol, icmp, notICMP }: Rule, families: readonly Family[]): (number | undefined)[] {
  if (protocol !== undefined) return [protocolNumber(protocol)];
  if (icmp?.type === undefined && notICMP?.type === undefined) return [undefined];
  return [...ICMP_FAMILIES].flatMap(([each, family]) => (families.includes(family) ? [each] : []));
}

function icmpOf(fields: IcmpFields | undefined): IcmpMatch | undefined {
  if (fields?.type === undefined) return undefined;
  return fields.code === undefined ? { type: fields.type } : { type: fields.type, code: fields.code };
}

/** Where a rule names ranges of one family alone, also as exceptions, it is about that family. */
function familiesOf({ ipVersion, source, destination }: Rule): Family[] {
  const lists = [source?.nets, source?.notNets, destination?.nets, destination?.notNets].filter(
    (list) => list !== undefined && list.length > 0,
  );
  return ([4, 6] as const).filter(
    (family) =>
      (ipVersion === undefined || ipVersion === family) &&
      lists.every((list) => list?.some((net) => parseRange(net)?.family === family)),
  );
}
