/** Rules of policies and profiles as Calico stores them: match criteria and an action. Fields as in its Go structs. */

import { parseRange } from './addresses.ts';
import {
  type Codec,
  integerIn,
  list,
  numberOrText,
  opaque,
  optional,
  text,
  textLike,
  textReadBy,
  word,
} from './codec.ts';
import { type Json, writeJson } from './json.ts';
import type { RuleAction } from './policy.ts';
import { parseSelector } from './selector-parser.ts';
import { struct } from './struct.ts';

export interface Rule {
  action: RuleAction;
  ipVersion?: number;
  /** A name of `PROTOCOLS` or a number. */
  protocol?: number | string;
  icmp?: IcmpFields;
  notProtocol?: number | string;
  notICMP?: IcmpFields;
  source?: EntityRule;
  destination?: EntityRule;
  /** Enforced by Envoy alone, never by the kernel. */
  http?: Json;
  metadata?: Json;
}

export interface IcmpFields {
  type?: number;
  code?: number;
}

/** What one side of a packet must be; all criteria together. */
export interface EntityRule {
  /** CIDRs or addresses, masked or not. */
  nets?: string[];
  selector?: string;
  namespaceSelector?: string;
  /** Kubernetes services: none exist in etcd. */
  services?: Json;
  /** 80, `8000:8080`, or the name of an endpoint's port. */
  ports?: (number | string)[];
  notNets?: string[];
  notSelector?: string;
  notPorts?: (number | string)[];
  serviceAccounts?: { names?: string[]; selector?: string };
}

/** Protocols that have names, and their numbers. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['tcp', 6],
  ['udp', 17],
  ['icmpv6', 58],
  ['sctp', 132],
  ['udplite', 136],
]);

/** The number of a protocol that is given by name or number; undefined where it is neither. */
export function protocolNumber(protocol: number | string): number | undefined {
  const number = PROTOCOLS.get(String(protocol).toLowerCase()) ?? Number(protocol);
  return Number.isInteger(number) && number >= 1 && number <= 255 ? number : undefined;
}

/** Ports from first to last; undefined where it is the name of an endpoint's port. */
export function parsePorts(port: number | string): { first: number; last: number } | undefined {
  const [, from, to = from] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(String(port)) ?? [];
  if (from === undefined) return undefined;
  return { first: Number(from), last: Number(to) };
}

const isPort = (port: number | string): boolean => {
  const range = parsePorts(port);
  if (range) return range.first <= range.last && range.last <= 65_535;
  return typeof port === 'string' && /^[a-zA-Z0-9_.-]{1,128}$/.test(port);
};

/** A selector that parses. */
export const selectorText = textReadBy(parseSelector);

const protocol = numberOrText(
  (value) => protocolNumber(value) !== undefined,
  'TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite or 1 to 255',
);
const ports = list(numberOrText(isPort, 'a port, a range such as 8000:8080, or the name of a port'));
export const nets = list(textLike((net) => parseRange(net) !== undefined, 'an address or a range such as 10.0.0.0/8'));

const icmp = struct<IcmpFields>({ type: optional(integerIn(0, 254)), code: optional(integerIn(0, 255)) });

const entity = struct<EntityRule>({
  nets: optional(nets),
  selector: optional(selectorText),
  namespaceSelector: optional(selectorText),
  services: optional(opaque),
  ports: optional(ports),
  notNets: optional(nets),
  notSelector: optional(selectorText),
  notPorts: optional(ports),
  serviceAccounts: optional(
    struct<NonNullable<EntityRule['serviceAccounts']>>({
      names: optional(list(text)),
      selector: optional(selectorText),
    }),
  ),
});

export const rules: Codec<Rule[]> = list(
  struct<Rule>({
    action: word('Allow', 'Deny', 'Log', 'Pass'),
    ipVersion: optional(integerIn(4, 6)),
    protocol: optional(protocol),
    icmp: optional(icmp),
    notProtocol: optional(protocol),
    notICMP: optional(icmp),
    source: optional(entity),
    destination: optional(entity),
    http: optional(opaque),
    metadata: optional(opaque),
  }),
);

/** Rules kept as they were written; whether they are rules is found out when they are read. */
export const ruleJson: Codec<Json> = {
  decode(json, place) {
    rules.decode(json, place);
    return json;
  },
  write: writeJson,
};

/** The rules of a profile, which holds them as they were written. */
export const rulesOf = (json: Json | undefined, place = 'rules'): Rule[] =>
  json === undefined ? [] : rules.decode(json, place);
