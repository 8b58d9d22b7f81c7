/**
 * What a cloud with the provider calico comes to in Calico's own records, beside its networks: how its nodes peer, how
 * Felix on each of them works, and which tunnels they have. Pure.
 */

import { canonicalAddress, formatAddress, tryParseAddress, tryParseCidr } from '../../lib/addresses/index.ts';
import {
  type BGPConfigurationSpec,
  type BGPPeerSpec,
  type FelixConfigurationSpec,
  type NodeSpec,
  parseSelector,
  type Resource,
} from '../../lib/calico/index.ts';
import { isCode } from '../../lib/errors/index.ts';
import type { DockerCloudSpec, HostRecord } from '../../lib/records/index.ts';

type Network = DockerCloudSpec['network'];

/** Bytes that a tunnel takes of each packet, over IPv4 (docs.tigera.io, "Configure MTU"). */
const OVERHEAD = { ipip: 20, vxlan: 50, wireguard: 60 } as const;
/** Of a host that does not say. */
const USUAL_MTU = 1500;

/**
 * MTU of the interfaces of containers, in bytes: what the record says, else what the tunnels leave of the smallest that a
 * host has.
 *
 * @param hosts  MTU of each host's own interface, where it is known; asked for where there are tunnels
 * @returns undefined where no tunnel takes anything: then the host's own
 */
export function mtuOf(network: Network, hosts: () => readonly (number | undefined)[]): number | undefined {
  const tunnels = tunnelsOf(network);
  if (network.mtu !== undefined || tunnels.length === 0) return network.mtu;
  const known = hosts().map((mtu) => mtu ?? USUAL_MTU);
  const smallest = known.length === 0 ? USUAL_MTU : Math.min(...known);
  return smallest - Math.max(...tunnels.map((tunnel) => OVERHEAD[tunnel]));
}

/** The label of a node that names its cloud. */
export const CLOUD_LABEL = 'io.berth.cloud';

/** A tunnel that each node of a cloud has an address of, as calico/node itself allocates it. */
export type Tunnel = 'ipip' | 'vxlan' | 'wireguard';

/** The attribute and the handle of an address (calico/node, "allocateip"). */
export const tunnelType = (tunnel: Tunnel): string => `${tunnel}TunnelAddress`;
export const tunnelHandle = (tunnel: Tunnel, host: string): string => `${tunnel}-tunnel-addr-${host}`;

export const TUNNELS: readonly Tunnel[] = ['ipip', 'vxlan', 'wireguard'];

export function tunnelsOf({ provider, encapsulation, wireguard }: Network): Tunnel[] {
  if (provider !== 'calico') return [];
  const wanted = (tunnel: Tunnel) => (tunnel === 'wireguard' ? wireguard : encapsulation.startsWith(tunnel));
  return TUNNELS.filter(wanted);
}

/** So many pools have the tunnels of one cloud at most. */
const MOST_POOLS = 8;

/**
 * What the pools are called that a cloud's tunnels have their addresses from: further ones are made where it may have more
 * hosts than before. No network is called so: they have no dot, or two.
 */
export const tunnelPools = (cloud: string): string[] =>
  Array.from({ length: MOST_POOLS }, (_, i) => `tunnels${i === 0 ? '' : `-${i + 1}`}.${cloud}`);

/** The cloud whose tunnels a pool is of. */
export const cloudOfTunnels = (pool: string): string | undefined => /^tunnels(?:-\d)?\.([^.]+)$/.exec(pool)?.[1];

/**
 * Prefix lengths of such a pool and of its blocks: a block for each host, with room for the tunnels that it can have at once,
 * for four times as many hosts as the cloud may have.
 */
export function tunnelSize(hosts: number): { prefix: number; blockSize: number } {
  const blockSize = 30;
  return { prefix: Math.min(26, Math.max(16, blockSize - Math.ceil(Math.log2(Math.max(1, hosts) * 4)))), blockSize };
}

/**
 * Calico has one mesh and one default number for all nodes. The mesh is off as soon as a cloud wants it off; numbers that differ
 * stand on the nodes themselves.
 */
export function bgpConfigurationSpec(clouds: readonly Network[]): BGPConfigurationSpec {
  const numbers = new Set(clouds.map(asNumberOf));
  const [common] = numbers;
  return {
    nodeToNodeMeshEnabled: clouds.every(({ bgp }) => bgp?.mesh !== false),
    asNumber: numbers.size === 1 && common !== undefined ? common : DEFAULT_AS,
  };
}

const DEFAULT_AS = 64_512;
const asNumberOf = ({ bgp }: Network): number => bgp?.asNumber ?? DEFAULT_AS;

/** The routers that the nodes of a cloud peer with, by name. */
export function bgpPeerSpecs(cloud: string, { bgp }: Network): Map<string, BGPPeerSpec> {
  return new Map(
    (bgp?.peers ?? []).filter(isReadable).map(({ address, asNumber, hosts }) => {
      const own = `${CLOUD_LABEL} == "${cloud}"`;
      const nodeSelector = hosts === 'all()' ? own : `${own} && (${hosts})`;
      const peerIP = canonicalAddress(address);
      return [peerName(cloud, peerIP), { nodeSelector, peerIP, asNumber }];
    }),
  );
}

/** Of a cloud that was accepted before selectors were looked at there: Calico would not read the record. */
function isReadable({ hosts }: { hosts: string }): boolean {
  try {
    parseSelector(hosts);
    parseSelector(`(${hosts})`);
    return true;
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX')) return false;
    throw error;
  }
}

const PEER = 'berth.';
/** A dash for each colon: `1::2:3` and `1:2::3` are two routers. A name neither begins nor ends with one. */
const peerName = (cloud: string, address: string): string =>
  `${PEER}${cloud}.${address.replace(/[^a-z0-9]/g, '-').replace(/^-|-$/g, 'x')}`;

/** Whether a BGPPeer is one of a cloud's, by its name. */
export const isPeerOf = (name: string, cloud: string): boolean => name.startsWith(`${PEER}${cloud}.`);

/** Key of the cloud that a BGPPeer is of, by its name. */
export function cloudOfPeer(name: string): string[] {
  const [, cloud] = /^berth\.([^.]+)\./.exec(name) ?? [];
  return cloud === undefined ? [] : [`cloud/${cloud}`];
}

/** Key of the host that a FelixConfiguration is of, by its name. */
export const hostOfFelix = (name: string): string[] => (name.startsWith('node.') ? [`host/${name.slice(5)}`] : []);

/** Of Felix on one node: the user's own `default` stays as it is. */
export const felixName = (host: string): string => `node.${host}`;

export function felixConfigurationSpec(network: Network): FelixConfigurationSpec {
  const { encapsulation, wireguard, mtu } = network;
  return {
    ipipEnabled: encapsulation.startsWith('ipip'),
    ...(mtu !== undefined && { ipipMTU: mtu }),
    vxlanEnabled: encapsulation.startsWith('vxlan'),
    ...(mtu !== undefined && { vxlanMTU: mtu }),
    wireguardEnabled: wireguard,
    ...(mtu !== undefined && { wireguardMTU: mtu }),
  };
}

/** The address that a node has for a tunnel. */
export function tunnelAddress({ bgp, ipv4VXLANTunnelAddr, wireguard }: NodeSpec, tunnel: Tunnel): string | undefined {
  if (tunnel === 'ipip') return bgp?.ipv4IPIPTunnelAddr;
  return tunnel === 'vxlan' ? ipv4VXLANTunnelAddr : wireguard?.interfaceIPv4Address;
}

/**
 * A node as its cloud wants it: the host's address with the prefix length of its subnet, by which CrossSubnet tells
 * neighbours, the number of its autonomous system, labels to select it by, and an address for each tunnel. What else
 * calico/node wrote there stays.
 *
 * @param tunnels  addresses, by tunnel; one that is absent goes
 */
export function nodeFor(
  found: Resource<NodeSpec>,
  host: Pick<HostRecord, 'address' | 'subnet' | 'labels' | 'cloud'>,
  network: Network,
  tunnels: ReadonlyMap<Tunnel, string>,
): Resource<NodeSpec> {
  const { bgp = {}, ipv4VXLANTunnelAddr: _, wireguard = {}, addresses = [], ...kept } = found.spec;
  const { asNumber: __, ipv4IPIPTunnelAddr: ___, ...keptBgp } = bgp;
  const { interfaceIPv4Address: ____, ...keptWireguard } = wireguard;
  const own = asNumberOf(network);
  const [ipip, vxlan, secret] = TUNNELS.map((tunnel) => tunnels.get(tunnel));
  const addressed = withSubnet(host);
  const isSix = addressed?.includes(':');
  const spec: NodeSpec = {
    ...kept,
    bgp: {
      ...keptBgp,
      ...(network.provider === 'calico' && own !== DEFAULT_AS && { asNumber: own }),
      ...(addressed !== undefined && (isSix ? { ipv6Address: addressed } : { ipv4Address: addressed })),
      ...(ipip !== undefined && { ipv4IPIPTunnelAddr: ipip }),
    },
    ...(vxlan !== undefined && { ipv4VXLANTunnelAddr: vxlan }),
    ...((secret !== undefined || Object.keys(keptWireguard).length > 0) && {
      wireguard: { ...keptWireguard, ...(secret !== undefined && { interfaceIPv4Address: secret }) },
    }),
    addresses: addresses.map((each) =>
      each.type === NODE_ADDRESS && addressed !== undefined && sameFamily(each.address, addressed)
        ? { ...each, address: addressed }
        : each,
    ),
  };
  const labels = new Map([...(found.metadata.labels ?? []), ...Object.entries(host.labels), [CLOUD_LABEL, host.cloud]]);
  return { ...found, metadata: { ...found.metadata, labels }, spec };
}

const NODE_ADDRESS = 'CalicoNodeIP';
const sameFamily = (a: string, b: string): boolean => a.includes(':') === b.includes(':');

/** `192.0.2.11/24`; a subnet of its own where none is known. */
function withSubnet({ address, subnet }: Pick<HostRecord, 'address' | 'subnet'>): string | undefined {
  const parsed = tryParseAddress(address);
  if (!parsed) return undefined;
  const cidr = subnet === undefined ? undefined : tryParseCidr(subnet);
  const whole = parsed.family === 4 ? 32 : 128;
  return `${formatAddress(parsed)}/${cidr?.family === parsed.family ? cidr.prefix : whole}`;
}
