import { formatAddress, formatCidr, tryParseAddress } from '../../lib/addresses/index.ts';
import { addressesOf, type HostNetworkPlan } from '../../lib/network/index.ts';
import { GATEWAY } from '../../lib/network/linux/index.ts';
import type { HostRecord, NetworkRecord } from '../../lib/records/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import { blocksOf, rangesOf, relatedTo } from './neighbourhood.ts';
import { policiesOn } from './policies.ts';
import { poolsOf } from './pools.ts';

/** How an interface in a network is made. */
export interface Link {
  /** Ranges of the network. */
  own: string[];
  /** Ranges of others that its members may reach. */
  beyond: string[];
  /** Explicit next hops. */
  gateways: string[];
  mtu?: number;
}

/** A host's network apart from its own containers. */
export interface Surroundings {
  plan: Omit<HostNetworkPlan, 'attachments'>;
  /** By network: of those that the host's containers are in. */
  links: ReadonlyMap<string, Link>;
  /** Name of an interface's policy, by `interfaceId`. */
  policies: ReadonlyMap<string, string>;
}

/**
 * The networks that a host's containers are in, who may reach them, and the way to the members of those and related
 * networks on other hosts: by the block that holds an address, or by the address alone where it is borrowed from
 * somebody else's block.
 */
export function surroundingsOf(host: string, state: View, installation: string): Surroundings {
  const own = ownNetworks(host, state);
  const related = new Map(own.flatMap((network) => relatedTo(network, state)).map((network) => [network.id, network]));
  const networks = [...related.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { policies, names } = policiesOn(host, state);
  const plan: Surroundings['plan'] = {
    installation,
    ...routesOf(host, networks, state),
    pools: [...poolsOf(state).list()],
    masquerade: own.flatMap(({ value }) => (value.natOutgoing === false ? [] : rangesOf(value))),
    policies,
  };
  return { plan, links: new Map(own.map((network) => [network.id, linkOf(network, networks)])), policies: names };
}

function ownNetworks(host: string, state: View): Entry<'networks'>[] {
  const endpoints = state.list('endpoints', host);
  const names = new Set(endpoints.flatMap(({ value }) => value.interfaces.map(({ network }) => network)));
  return [...names].sort().flatMap((name) => state.get('networks', name) ?? []);
}

function linkOf({ id, value }: Entry<'networks'>, networks: readonly Entry<'networks'>[]): Link {
  const letsIn = ({ closed, allowFrom = [] }: NetworkRecord) => closed === false || allowFrom.includes(id);
  return {
    own: rangesOf(value),
    beyond: networks.flatMap((other) => (other.id !== id && letsIn(other.value) ? rangesOf(other.value) : [])),
    gateways: value.gateway !== GATEWAY && tryParseAddress(value.gateway) ? [value.gateway] : [],
    ...(value.mtu === undefined ? {} : { mtu: value.mtu }),
  };
}

function routesOf(
  host: string,
  networks: readonly Entry<'networks'>[],
  state: View,
): Pick<HostNetworkPlan, 'routes' | 'ownBlocks'> {
  const routes = new Map<string, string>();
  const ownBlocks: string[] = [];
  const add = (to: string, other: string | undefined, family: 4 | 6) => {
    const via = other === undefined || other === host ? undefined : addressFor(family, other, state);
    if (via !== undefined) routes.set(to, via);
  };
  for (const { value } of networks) {
    for (const block of blocksOf(value, state)) {
      const { family } = block.cidr;
      if (block.host === host) ownBlocks.push(formatCidr(block.cidr));
      else add(formatCidr(block.cidr), block.host, family);
      for (const { address, host: holder } of block.borrowed) {
        add(`${formatAddress(address)}/${family === 4 ? 32 : 128}`, holder, family);
      }
    }
  }
  return {
    routes: [...routes].map(([to, via]) => ({ to, via })).sort((a, b) => (a.to < b.to ? -1 : 1)),
    ownBlocks: ownBlocks.sort(),
  };
}

/** By which a host is the next hop of a family. */
function addressFor(family: 4 | 6, name: string, state: View): string | undefined {
  const host: HostRecord | undefined = state.by('hosts', 'name', name)[0]?.value;
  return host && addressesOf(host).find((address) => tryParseAddress(address)?.family === family);
}
