/** The records that berth makes in Calico for hosts and containers, as calico/node and Calico's plugins would write them. */

import { isDeepStrictEqual } from 'node:util';
import { tryParseAddress } from '../../lib/addresses/index.ts';
import {
  decodeRecord,
  keyOf,
  type NodeSpec,
  node,
  ORCHESTRATOR,
  type Resource,
  rfc3339,
  singleAddress,
  template,
  workloadEndpoint,
  workloadEndpointName,
} from '../../lib/calico/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { interfaceUuid } from './names.ts';
import { bytes, type Created, create, frame, type Origin, readable, resource } from './resources.ts';

/** How calico/node calls the address that it found for a node. */
const NODE_ADDRESS = 'CalicoNodeIP';

/** A host, by the address at which other hosts reach it; its subnet is not known, so that it is a subnet of its own. */
export function nodeOf(host: string, address: string, origin: Origin): Created {
  const made = resource('Node', host, nodeSpec({}, address), origin);
  return create(keyOf.node(host), node, { ...made, status: new Map() });
}

/** @returns the node with the host's address of now; undefined when it has that already */
export function nodeAt(found: Resource<NodeSpec>, address: string): Buffer | undefined {
  const { bgp } = nodeSpec({}, address);
  const has = found.spec.bgp;
  // What calico/node found out by itself may have the subnet's prefix length with it.
  const same = (mine: string | undefined, its: string | undefined) => mine?.split('/')[0] === its?.split('/')[0];
  if (same(bgp?.ipv4Address, has?.ipv4Address) && same(bgp?.ipv6Address, has?.ipv6Address)) return undefined;
  return bytes(node, { ...found, spec: nodeSpec(found.spec, address) });
}

/** Keeps what others wrote there: the AS number, tunnel addresses. */
function nodeSpec({ bgp, addresses: _, ...kept }: NodeSpec, address: string): NodeSpec {
  const parsed = tryParseAddress(address);
  const { ipv4Address: __, ipv6Address: ___, ...keptBgp } = bgp ?? {};
  // Calico refuses a `bgp` without an address.
  if (!parsed) return kept;
  const single = singleAddress(parsed);
  return {
    ...kept,
    bgp: { ...keptBgp, ...(parsed.family === 4 ? { ipv4Address: single } : { ipv6Address: single }) },
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
  address6?: string;
  hostInterface: string;
  mac: string;
}

const endpointName = (host: string, uid: string, name: string) =>
  workloadEndpointName({ node: host, orchestrator: ORCHESTRATOR, workload: uid, endpoint: name });

/** Where the workload endpoint of a container's interface stands. */
export const workloadEndpointId = (host: string, uid: string, name: string): string =>
  keyOf.workloadEndpoint(endpointName(host, uid, name));

/** `10.64.0.5` → `10.64.0.5/32` */
const single = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

/** Whether a workload endpoint says already what it should; others may have added labels to it. */
export function isSameWorkload(made: Created, found: Entry<'calico'> | undefined): boolean {
  if (!found) return false;
  // As berth wrote it, it ends with its spec: nearly every one, and there are many.
  if (found.value.toString().endsWith(made.value.slice(made.value.indexOf(SPEC)))) return true;
  const [is, should] = [readable(workloadEndpoint, found), decodeRecord(workloadEndpoint, made.id, made.value)];
  return is !== undefined && isDeepStrictEqual(is.spec, should.spec);
}

const SPEC = '"spec":';

/** A workload endpoint that somebody changed, as it should be, with the metadata that it has. */
export function restoredWorkload(made: Created, found: Entry<'calico'>): string {
  const is = readable(workloadEndpoint, found);
  const { spec } = decodeRecord(workloadEndpoint, made.id, made.value);
  return is ? workloadEndpoint.write({ ...is, spec }) : made.value;
}

export function workloadEndpointOf(link: EndpointInterface, { now }: Pick<Origin, 'now'>): Created {
  const { host, uid, network, name, address, address6 = '', hostInterface, mac } = link;
  const endpoint = endpointName(host, uid, name);
  const [first = '', second = ''] = [address, address6].filter((text) => text !== '');
  const write = second === '' ? (first === '' ? WRITE.bare : WRITE.single) : WRITE.dual;
  const text = write({
    ...{ endpoint, host, uid, network, name, hostInterface, mac },
    ...{ id: interfaceUuid(uid, network), created: rfc3339(now), first: single(first), second: single(second) },
  });
  return { id: keyOf.workloadEndpoint(endpoint), value: text };
}

const HOLES = [
  ...(['endpoint', 'host', 'uid', 'network', 'name', 'hostInterface', 'mac'] as const),
  ...(['id', 'created', 'first', 'second'] as const),
];

/** @param addresses  in their canonical form, as every address of ours is */
const writing = (...addresses: ('first' | 'second')[]) =>
  template(workloadEndpoint, HOLES, (hole) => ({
    ...frame('WorkloadEndpoint'),
    metadata: {
      name: hole('endpoint'),
      namespace: 'default',
      uid: hole('id'),
      creationTimestamp: hole('created'),
      labels: new Map([
        ['projectcalico.org/namespace', 'default'],
        ['projectcalico.org/orchestrator', ORCHESTRATOR],
      ]),
    },
    spec: {
      orchestrator: ORCHESTRATOR,
      workload: hole('uid'),
      node: hole('host'),
      endpoint: hole('name'),
      ipNetworks: addresses.map(hole),
      profiles: [hole('network')],
      interfaceName: hole('hostInterface'),
      mac: hole('mac'),
    },
  }));

/** By how many addresses an interface has: there are many, and little in them differs. */
const WRITE = { bare: writing(), single: writing('first'), dual: writing('first', 'second') };
