/** The records that berth makes in Calico, as calicoctl itself would write them. */

import {
  type Codec,
  clusterInformation,
  ipamConfig,
  ipPool,
  keyOf,
  type Metadata,
  type NodeSpec,
  node,
  profile,
  type Resource,
  rfc3339,
  singleAddress,
  tier,
  workloadEndpoint,
  workloadEndpointName,
  writeJson,
} from '../../lib/calico/index.ts';
import { tryParseAddress } from '../../lib/network/index.ts';
import type { Random } from '../../lib/platform/index.ts';
import { clusterGuid, uuid } from './names.ts';

/** What tells our resources from others' in a Calico that several share. */
const INSTALLATION = 'io.berth.installation';
/** How calico/node calls the address that it found for a node. */
const NODE_ADDRESS = 'CalicoNodeIP';
const ORCHESTRATOR = 'berth';

export interface Origin {
  installation: string;
  random: Random;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A record to create where it stands. */
export interface Created {
  id: string;
  value: Buffer;
}

export const isOurs = ({ metadata }: { metadata: Metadata }, installation: string): boolean =>
  metadata.annotations?.get(INSTALLATION) === installation;

export function poolOf(network: { name: string; cidr: string; blockSize: number }, origin: Origin): Created {
  const spec = {
    cidr: network.cidr,
    vxlanMode: 'Never',
    ipipMode: 'Never',
    natOutgoing: true,
    blockSize: network.blockSize,
    nodeSelector: 'all()',
    allowedUses: ['Workload', 'Tunnel'],
    assignmentMode: 'Automatic',
  };
  return create(keyOf.pool(network.name), ipPool, resource('IPPool', network.name, spec, origin));
}

/** Lets out everything and in what comes from the same network (calico.md §6). */
export function profileOf(network: string, origin: Origin): Created {
  const rule = (source: [string, string][]) =>
    new Map<string, string | Map<string, string>>([
      ['action', 'Allow'],
      ['source', new Map(source)],
      ['destination', new Map()],
    ]);
  const spec = {
    ingress: [rule([['selector', `has(${network})`]])],
    egress: [rule([])],
    labelsToApply: new Map([[network, '']]),
  };
  return create(keyOf.profile(network), profile, resource('Profile', network, spec, origin));
}

/** A host, by the address at which other hosts reach it; its subnet is not known, so that it is a subnet of its own. */
export function nodeOf(host: string, address: string, origin: Origin): Created {
  const made = resource('Node', host, nodeSpec({}, address), origin);
  return create(keyOf.node(host), node, { ...made, status: new Map() });
}

/** @returns the node with the host's address of now; undefined when it has that already */
export function nodeAt(found: Resource<NodeSpec>, address: string): Buffer | undefined {
  const spec = nodeSpec(found.spec, address);
  const same =
    spec.bgp?.ipv4Address === found.spec.bgp?.ipv4Address && spec.bgp?.ipv6Address === found.spec.bgp?.ipv6Address;
  return same ? undefined : bytes(node, { ...found, spec });
}

function nodeSpec({ bgp: _, addresses: __, ...kept }: NodeSpec, address: string): NodeSpec {
  const parsed = tryParseAddress(address);
  // Calico refuses a `bgp` without an address.
  if (!parsed) return kept;
  const single = singleAddress(parsed);
  return {
    ...kept,
    bgp: parsed.family === 4 ? { ipv4Address: single } : { ipv6Address: single },
    addresses: [{ address: single, type: NODE_ADDRESS }],
  };
}

export interface EndpointInterface {
  host: string;
  uid: string;
  network: string;
  /** In the container: eth0. */
  name: string;
  address: string;
  hostInterface: string;
  mac: string;
}

const endpointId = (host: string, uid: string, name: string) =>
  keyOf.workloadEndpoint(
    workloadEndpointName({ node: host, orchestrator: ORCHESTRATOR, workload: uid, endpoint: name }),
  );

/** Where the workload endpoint of a container's interface stands. */
export { endpointId as workloadEndpointId };

export function workloadEndpointOf(link: EndpointInterface, { random, now }: Origin): Created {
  const { host, uid, network, name, address, hostInterface, mac } = link;
  const metadata: Metadata = {
    name: workloadEndpointName({ node: host, orchestrator: ORCHESTRATOR, workload: uid, endpoint: name }),
    namespace: 'default',
    uid: uuid(random),
    creationTimestamp: rfc3339(now),
    labels: new Map([
      ['projectcalico.org/namespace', 'default'],
      ['projectcalico.org/orchestrator', ORCHESTRATOR],
    ]),
  };
  const parsed = tryParseAddress(address);
  const spec = {
    orchestrator: ORCHESTRATOR,
    workload: uid,
    node: host,
    endpoint: name,
    ipNetworks: parsed ? [singleAddress(parsed)] : [],
    profiles: [network],
    interfaceName: hostInterface,
    mac,
  };
  return create(endpointId(host, uid, name), workloadEndpoint, { ...frame('WorkloadEndpoint'), metadata, spec });
}

/** What Calico's programs expect to find, in the order and with the values that calicoctl makes it: never changed, only created. */
export function foundations(origin: Origin): Created[] {
  const spec = { clusterGUID: clusterGuid(origin.random), datastoreReady: true };
  const defaultTier = resource('Tier', 'default', { order: 1_000_000, defaultAction: 'Deny' }, origin);
  return [
    create(keyOf.clusterInformation(), clusterInformation, resource('ClusterInformation', 'default', spec, origin)),
    create(keyOf.tier('default'), tier, { ...defaultTier, status: new Map() }),
    create(keyOf.ipamConfig(), ipamConfig, { auto_allocate_blocks: true }),
  ];
}

const frame = (kind: string) => ({ kind, apiVersion: 'projectcalico.org/v3' });

/** calicoctl and calico/node refuse to update what has no uid or creation time. */
function resource<Spec>(kind: string, name: string, spec: Spec, origin: Origin): Resource<Spec> {
  const metadata: Metadata = {
    name,
    uid: uuid(origin.random),
    creationTimestamp: rfc3339(origin.now),
    annotations: new Map([[INSTALLATION, origin.installation]]),
  };
  return { ...frame(kind), metadata, spec };
}

const bytes = <T>(codec: Codec<T>, value: T): Buffer => Buffer.from(writeJson(codec.encode(value)));

const create = <T>(id: string, codec: Codec<T>, value: T): Created => ({ id, value: bytes(codec, value) });
