/** Calico's v3 resources that say who may talk to whom. Fields as in its Go structs, in their order. */

import { flag, integerIn, list, number, numberOrText, optional, text, word } from './codec.ts';
import { resource } from './resource.ts';
import { nets, protocolNumber, type Rule, rules, selectorText } from './rule-records.ts';
import { struct } from './struct.ts';

export type PolicyType = 'Ingress' | 'Egress';

export interface NetworkPolicySpec {
  /** Absent: default. */
  tier?: string;
  /** The lower comes first; absent: last. Equal ones go by name. */
  order?: number;
  ingress?: Rule[];
  egress?: Rule[];
  selector?: string;
  /** Absent: both. */
  types?: PolicyType[];
  serviceAccountSelector?: string;
  performanceHints?: string[];
}

/** Of all namespaces, and of hosts. */
export interface GlobalNetworkPolicySpec extends NetworkPolicySpec {
  /** Before connection tracking; for hosts alone. */
  doNotTrack?: boolean;
  /** Before published ports are translated; for hosts alone. */
  preDNAT?: boolean;
  applyOnForward?: boolean;
  namespaceSelector?: string;
}

export interface NetworkSetSpec {
  nets?: string[];
}

/** A port that rules may name. */
export interface EndpointPort {
  name: string;
  protocol: number | string;
  port: number;
}

export interface HostEndpointSpec {
  node?: string;
  /** `*`: all of the node's interfaces. */
  interfaceName?: string;
  expectedIPs?: string[];
  profiles?: string[];
  ports?: EndpointPort[];
}

const types = list(word('Ingress', 'Egress'));

/** Key and name: `p1` since v3.32, with its tier as a label; `default.p1` before. */
export const globalNetworkPolicy = resource(
  struct<GlobalNetworkPolicySpec>({
    tier: optional(text),
    order: optional(number),
    ingress: optional(rules),
    egress: optional(rules),
    selector: optional(selectorText),
    types: optional(types),
    doNotTrack: optional(flag),
    preDNAT: optional(flag),
    applyOnForward: optional(flag),
    serviceAccountSelector: optional(selectorText),
    namespaceSelector: optional(selectorText),
    performanceHints: optional(list(text)),
  }),
);

export const networkPolicy = resource(
  struct<NetworkPolicySpec>({
    tier: optional(text),
    order: optional(number),
    ingress: optional(rules),
    egress: optional(rules),
    selector: optional(selectorText),
    types: optional(types),
    serviceAccountSelector: optional(selectorText),
    performanceHints: optional(list(text)),
  }),
);

/** Ranges that selectors find by the labels of the record. */
export const networkSet = resource(struct<NetworkSetSpec>({ nets: optional(nets) }));

export const endpointPort = struct<EndpointPort>({
  name: text,
  protocol: numberOrText((value) => protocolNumber(value) !== undefined, 'TCP, UDP, SCTP or 1 to 255'),
  port: integerIn(1, 65_535),
});

export const hostEndpoint = resource(
  struct<HostEndpointSpec>({
    node: optional(text),
    interfaceName: optional(text),
    expectedIPs: optional(nets),
    profiles: optional(list(text)),
    ports: optional(list(endpointPort)),
  }),
);
