/** Calico's v3 resources, below `/calico/resources/v3/projectcalico.org/`. Fields as in its Go structs, in their order. */

import { type Codec, dictionary, flag, integer, list, opaque, optional, struct, text } from './codec.ts';
import type { Json } from './json.ts';

export interface Metadata {
  name: string;
  namespace?: string;
  /** calicoctl and calico/node reject updates of objects without uid and creationTimestamp. */
  uid?: string;
  /** RFC 3339, seconds, `Z`. */
  creationTimestamp?: string;
  labels?: ReadonlyMap<string, string>;
  annotations?: ReadonlyMap<string, string>;
}

export interface Resource<Spec> {
  kind: string;
  apiVersion: string;
  metadata: Metadata;
  spec: Spec;
  status?: Json;
}

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
  ingress?: Json;
  egress?: Json;
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
}

export interface ClusterInformationSpec {
  clusterGUID?: string;
  clusterType?: string;
  calicoVersion?: string;
  /** Felix waits for true; Calico's CNI plugin refuses without. */
  datastoreReady?: boolean;
}

export interface TierSpec {
  order?: number;
  defaultAction?: string;
}

const metadata = struct<Metadata>({
  name: text,
  namespace: optional(text),
  uid: optional(text),
  creationTimestamp: optional(text),
  labels: optional(dictionary(text)),
  annotations: optional(dictionary(text)),
});

const frame = struct<Resource<Json>>({
  kind: text,
  apiVersion: text,
  metadata,
  spec: opaque,
  status: optional(opaque),
});

const resource = <Spec>(spec: Codec<Spec>): Codec<Resource<Spec>> => ({
  decode(json, place) {
    const read = frame.decode(json, place);
    return { ...read, spec: spec.decode(read.spec, `${place}.spec`) };
  },
  encode: (value) => frame.encode({ ...value, spec: spec.encode(value.spec) }),
});

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
    ingress: optional(opaque),
    egress: optional(opaque),
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

export const tier = resource(struct<TierSpec>({ order: optional(integer), defaultAction: optional(text) }));
