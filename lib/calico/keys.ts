/** Where each record stands, as an id of the kind `calico`: the key without the leading `/calico/`. */

import { BITS, type Cidr, formatAddress, formatCidr, tryParseCidr } from '../addresses/index.ts';

const RESOURCES = 'resources/v3/projectcalico.org';
const IPAM = 'ipam/v2';

export const paths = {
  pools: `${RESOURCES}/ippools`,
  nodes: `${RESOURCES}/nodes`,
  profiles: `${RESOURCES}/profiles`,
  workloadEndpoints: `${RESOURCES}/workloadendpoints`,
  tiers: `${RESOURCES}/tiers`,
  clusterInformations: `${RESOURCES}/clusterinformations`,
  globalNetworkPolicies: `${RESOURCES}/globalnetworkpolicies`,
  networkPolicies: `${RESOURCES}/networkpolicies`,
  globalNetworkSets: `${RESOURCES}/globalnetworksets`,
  networkSets: `${RESOURCES}/networksets`,
  hostEndpoints: `${RESOURCES}/hostendpoints`,
  ipReservations: `${RESOURCES}/ipreservations`,
  bgpConfigurations: `${RESOURCES}/bgpconfigurations`,
  bgpPeers: `${RESOURCES}/bgppeers`,
  felixConfigurations: `${RESOURCES}/felixconfigurations`,
  handles: `${IPAM}/handle`,
  hosts: `${IPAM}/host`,
  blocks: (family: 4 | 6) => `${IPAM}/assignment/ipv${family}/block`,
} as const;

export const keyOf = {
  ipamConfig: () => `${IPAM}/config`,
  pool: (name: string) => `${paths.pools}/${name}`,
  node: (name: string) => `${paths.nodes}/${name}`,
  profile: (name: string) => `${paths.profiles}/${name}`,
  tier: (name: string) => `${paths.tiers}/${name}`,
  clusterInformation: () => `${paths.clusterInformations}/default`,
  /** As Calico names it since v3.32; `default.<name>` before. */
  globalNetworkPolicy: (name: string) => `${paths.globalNetworkPolicies}/${name}`,
  networkPolicy: (name: string, namespace: string) => `${paths.networkPolicies}/${namespace}/${name}`,
  globalNetworkSet: (name: string) => `${paths.globalNetworkSets}/${name}`,
  networkSet: (name: string, namespace: string) => `${paths.networkSets}/${namespace}/${name}`,
  hostEndpoint: (name: string) => `${paths.hostEndpoints}/${name}`,
  ipReservation: (name: string) => `${paths.ipReservations}/${name}`,
  bgpConfiguration: (name = 'default') => `${paths.bgpConfigurations}/${name}`,
  bgpPeer: (name: string) => `${paths.bgpPeers}/${name}`,
  /** `default`, or `node.<name>` for one node. */
  felixConfiguration: (name = 'default') => `${paths.felixConfigurations}/${name}`,
  workloadEndpoint: (name: string, namespace = 'default') => `${paths.workloadEndpoints}/${namespace}/${name}`,
  handle: (id: string) => `${paths.handles}/${id}`,
  block: (cidr: Cidr) => `${paths.blocks(cidr.family)}/${dashed(cidr)}`,
  affinities: (host: string, family: 4 | 6) => `${paths.hosts}/${host}/ipv${family}/block`,
  affinity: (host: string, cidr: Cidr) => `${keyOf.affinities(host, cidr.family)}/${dashed(cidr)}`,
} as const;

/** `10.60.0.0-26`, `fd00::-122`: in keys the slash of a range is a dash. */
const dashed = (cidr: Cidr): string => formatCidr(cidr).replace('/', '-');

/** The range that the last segment of a block's or an affinity's key names. */
export const cidrOfKey = (id: string): Cidr | undefined => tryParseCidr(nameOf(id).replace(/-(?=\d+$)/, '/'));

/** What berth calls itself in its workloads' endpoints. */
export const ORCHESTRATOR = 'berth';

/** What identifies a workload's interface; its four parts make the name of the WorkloadEndpoint. */
export interface WorkloadEndpointId {
  node: string;
  orchestrator: string;
  /** The container's id where the orchestrator is `cni`. */
  workload: string;
  endpoint: string;
}

/** Felix drops an endpoint whose name is not made like this: four segments, each inner dash doubled. */
export const workloadEndpointName = ({ node, orchestrator, workload, endpoint }: WorkloadEndpointId): string =>
  [node, orchestrator, workload, endpoint].map((segment) => segment.replaceAll('-', '--')).join('-');

export function parseWorkloadEndpointName(name: string): WorkloadEndpointId | undefined {
  // A run of dashes is dashes of a segment, two each; an odd one separates. Segments neither begin nor end with a dash.
  const segments = name.split(/(?<!-)-(?!-)/).map((segment) => segment.replaceAll('--', '-'));
  const [node, orchestrator, workload, endpoint] = segments;
  if (segments.length !== 4 || !node || !orchestrator || !workload || !endpoint) return undefined;
  return { node, orchestrator, workload, endpoint };
}

/** Plurals of the v3 resources that are read, and how many segments name one: namespaced ones have two. */
const RESOURCE_KINDS = {
  ippools: { kind: 'pool', segments: 1 },
  nodes: { kind: 'node', segments: 1 },
  profiles: { kind: 'profile', segments: 1 },
  workloadendpoints: { kind: 'workloadEndpoint', segments: 2 },
  clusterinformations: { kind: 'clusterInformation', segments: 1 },
  tiers: { kind: 'tier', segments: 1 },
  globalnetworkpolicies: { kind: 'globalNetworkPolicy', segments: 1 },
  networkpolicies: { kind: 'networkPolicy', segments: 2 },
  globalnetworksets: { kind: 'globalNetworkSet', segments: 1 },
  networksets: { kind: 'networkSet', segments: 2 },
  hostendpoints: { kind: 'hostEndpoint', segments: 1 },
  ipreservations: { kind: 'ipReservation', segments: 1 },
  bgpconfigurations: { kind: 'bgpConfiguration', segments: 1 },
  bgppeers: { kind: 'bgpPeer', segments: 1 },
  bgpfilters: { kind: 'bgpFilter', segments: 1 },
  felixconfigurations: { kind: 'felixConfiguration', segments: 1 },
  kubecontrollersconfigurations: { kind: 'kubeControllersConfiguration', segments: 1 },
} as const;

const RESOURCES_PREFIX = `${RESOURCES}/`;

/** Everything else that is read, by its whole id. */
const OTHER_KINDS = [
  ['handle', /^ipam\/v2\/handle\/[^/]+$/],
  ['block', /^ipam\/v2\/assignment\/ipv[46]\/block\/[^/]+$/],
  ['affinity', /^ipam\/v2\/host\/[^/]+\/ipv[46]\/block\/[^/]+$/],
  ['ipamConfig', /^ipam\/v2\/config$/],
  ['felixStatus', /^felix\/v2\/[^/]+\/host\/[^/]+\/(?:last_reported_)?status$/],
] as const;

/** The kinds of Calico's records that berth reads. */
export type CalicoKind = (typeof RESOURCE_KINDS)[keyof typeof RESOURCE_KINDS]['kind'] | (typeof OTHER_KINDS)[number][0];

const resourceKinds: ReadonlyMap<string, { kind: CalicoKind; segments: number }> = new Map(
  Object.entries(RESOURCE_KINDS),
);

/** Whether behind a slash at `at` there are so many segments, none of them empty. */
function hasSegments(id: string, at: number, count: number): boolean {
  let slash = at;
  for (let left = count; left > 0; left--) {
    const next = id.indexOf('/', slash + 1);
    if ((next === -1 ? id.length : next) === slash + 1) return false;
    if (next === -1) return left === 1;
    slash = next;
  }
  return false;
}

/** What stands under an id; undefined for what is left alone. Asked for every change of every record. */
export function kindOf(id: string): CalicoKind | undefined {
  if (!id.startsWith(RESOURCES_PREFIX)) return OTHER_KINDS.find(([, pattern]) => pattern.test(id))?.[0];
  const end = id.indexOf('/', RESOURCES_PREFIX.length);
  const found = resourceKinds.get(id.slice(RESOURCES_PREFIX.length, end));
  return found && hasSegments(id, end, found.segments) ? found.kind : undefined;
}

/** The last segment of an id: a resource's name, a handle's id. */
export const nameOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** `10.64.0.5/32`: how a WorkloadEndpoint names an address. */
export const singleAddress = (address: { family: 4 | 6; value: bigint }): string =>
  `${formatAddress(address)}/${BITS[address.family]}`;
