/** Where each record stands, as an id of the kind `calico`: the key without the leading `/calico/`. */

import { type Cidr, formatAddress, formatCidr, tryParseCidr } from '../network/index.ts';

const RESOURCES = 'resources/v3/projectcalico.org';
const IPAM = 'ipam/v2';

export const paths = {
  pools: `${RESOURCES}/ippools`,
  nodes: `${RESOURCES}/nodes`,
  profiles: `${RESOURCES}/profiles`,
  workloadEndpoints: `${RESOURCES}/workloadendpoints`,
  tiers: `${RESOURCES}/tiers`,
  clusterInformations: `${RESOURCES}/clusterinformations`,
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

const resourceAt = (plural: string, segments = '[^/]+') => new RegExp(`^${RESOURCES}/${plural}/${segments}$`);

const patterns = {
  pool: resourceAt('ippools'),
  node: resourceAt('nodes'),
  profile: resourceAt('profiles'),
  workloadEndpoint: resourceAt('workloadendpoints', '[^/]+/[^/]+'),
  clusterInformation: resourceAt('clusterinformations'),
  tier: resourceAt('tiers'),
  ipamConfig: new RegExp(`^${IPAM}/config$`),
  block: new RegExp(`^${IPAM}/assignment/ipv[46]/block/[^/]+$`),
  affinity: new RegExp(`^${IPAM}/host/[^/]+/ipv[46]/block/[^/]+$`),
  handle: new RegExp(`^${IPAM}/handle/[^/]+$`),
} as const;

/** The kinds of Calico's records that berth reads. */
export type CalicoKind = keyof typeof patterns;

/** What stands under an id; undefined for what is left alone. */
export function kindOf(id: string): CalicoKind | undefined {
  for (const kind of KINDS) if (patterns[kind].test(id)) return kind;
  return undefined;
}

const KINDS = [
  'block',
  'handle',
  'workloadEndpoint',
  'affinity',
  'pool',
  'node',
  'profile',
  'clusterInformation',
  'tier',
  'ipamConfig',
] as const satisfies readonly CalicoKind[];

/** The last segment of an id: a resource's name, a handle's id. */
export const nameOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** `10.64.0.5/32`: how a WorkloadEndpoint names an address. */
export const singleAddress = (address: { family: 4 | 6; value: bigint }): string =>
  `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`;
