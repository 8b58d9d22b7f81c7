/** Calico's v3 resources, below `/calico/resources/v3/projectcalico.org/`. Fields as in its Go structs, in their order. */

import { dictionary, flag, integer, list, number, optional, text } from './codec.ts';
import type { Json } from './json.ts';
import { type EndpointPort, endpointPort } from './policy-records.ts';
import { resource } from './resource.ts';
import { nets, ruleJson } from './rule-records.ts';
import { struct } from './struct.ts';

export type { Metadata, Resource } from './resource.ts';

export interface IPPoolSpec {
  cidr: string;
  vxlanMode?: string;
  ipipMode?: string;
  natOutgoing?: boolean;
  /** No new addresses; those in use stay valid. */
  disabled?: boolean;
  disableBGPExport?: boolean;
  /** Prefix length of its blocks; absent: 26, or 122 for IPv6. */
  blockSize?: number;
  nodeSelector?: string;
  namespaceSelector?: string;
  /** Absent: Workload and Tunnel. */
  allowedUses?: string[];
  assignmentMode?: string;
}

export interface NodeBgp {
  asNumber?: number;
  /** With the prefix length of its subnet, by which CrossSubnet tells neighbours. */
  ipv4Address?: string;
  ipv6Address?: string;
  ipv4IPIPTunnelAddr?: string;
}

export interface NodeSpec {
  bgp?: NodeBgp;
  ipv4VXLANTunnelAddr?: string;
  ipv6VXLANTunnelAddr?: string;
  wireguard?: { interfaceIPv4Address?: string; interfaceIPv6Address?: string };
  addresses?: { address: string; type?: string }[];
}

export interface ProfileSpec {
  /** As written; `rulesOf` reads them. */
  ingress?: Json;
  egress?: Json;
  /** Labels of every endpoint that bears the profile. */
  labelsToApply?: ReadonlyMap<string, string>;
}

export interface WorkloadEndpointSpec {
  orchestrator: string;
  workload?: string;
  node: string;
  containerID?: string;
  pod?: string;
  endpoint?: string;
  /** Single addresses: /32 or /128. */
  ipNetworks?: string[];
  profiles?: string[];
  interfaceName?: string;
  mac?: string;
  ports?: EndpointPort[];
}

export interface ClusterInformationSpec {
  clusterGUID?: string;
  clusterType?: string;
  calicoVersion?: string;
  /** Felix waits for true; Calico's CNI plugin refuses without. */
  datastoreReady?: boolean;
}

export interface TierSpec {
  /** The lower comes first; absent: last. */
  order?: number;
  /** Of what a tier's policies select and no rule of theirs decides: Deny (absent) or Pass. */
  defaultAction?: string;
}

/** Addresses that no IPAM client hands out by itself. */
export interface IPReservationSpec {
  reservedCIDRs?: string[];
}

export const ipPool = resource(
  struct<IPPoolSpec>({
    cidr: text,
    vxlanMode: optional(text),
    ipipMode: optional(text),
    natOutgoing: optional(flag),
    disabled: optional(flag),
    disableBGPExport: optional(flag),
    blockSize: optional(integer),
    nodeSelector: optional(text),
    namespaceSelector: optional(text),
    allowedUses: optional(list(text)),
    assignmentMode: optional(text),
  }),
);

export const node = resource(
  struct<NodeSpec>({
    bgp: optional(
      struct<NodeBgp>({
        asNumber: optional(integer),
        ipv4Address: optional(text),
        ipv6Address: optional(text),
        ipv4IPIPTunnelAddr: optional(text),
      }),
    ),
    ipv4VXLANTunnelAddr: optional(text),
    ipv6VXLANTunnelAddr: optional(text),
    wireguard: optional(
      struct<NonNullable<NodeSpec['wireguard']>>({
        interfaceIPv4Address: optional(text),
        interfaceIPv6Address: optional(text),
      }),
    ),
    addresses: optional(
      list(struct<NonNullable<NodeSpec['addresses']>[number]>({ address: text, type: optional(text) })),
    ),
  }),
);

export const profile = resource(
  struct<ProfileSpec>({
    ingress: optional(ruleJson),
    egress: optional(ruleJson),
    labelsToApply: optional(dictionary(text)),
  }),
);

export const workloadEndpoint = resource(
  struct<WorkloadEndpointSpec>({
    orchestrator: text,
    workload: optional(text),
    node: text,
    containerID: optional(text),
    pod: optional(text),
    endpoint: optional(text),
    ipNetworks: optional(list(text)),
    profiles: optional(list(text)),
    interfaceName: optional(text),
    mac: optional(text),
    ports: optional(list(endpointPort)),
  }),
);

export const clusterInformation = resource(
  struct<ClusterInformationSpec>({
    clusterGUID: optional(text),
    clusterType: optional(text),
    calicoVersion: optional(text),
    datastoreReady: optional(flag),
  }),
);

export const tier = resource(struct<TierSpec>({ order: optional(number), defaultAction: optional(text) }));

export const ipReservation = resource(struct<IPReservationSpec>({ reservedCIDRs: optional(nets) }));
