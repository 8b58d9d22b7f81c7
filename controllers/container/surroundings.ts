import type { HostNetworkPlan } from '../../lib/network/index.ts';
import { ordinalOf, parseAddress, tryParseCidr } from '../../lib/network/index.ts';
import type { EndpointRecord, NetworkRecord } from '../../lib/records/index.ts';
import { type Entry, hostOf, type View } from '../../lib/store/index.ts';

/**
 * A host's network apart from its own containers: the networks that these are in, and the way to the members of those
 * networks on other hosts: by the block of theirs that holds the address, or by the address alone where it is borrowed
 * from somebody else's block.
 */
export function surroundingsOf(host: string, state: View, installation: string): Omit<HostNetworkPlan, 'attachments'> {
  const own = state.list('endpoints', host);
  const names = [...new Set(own.flatMap(({ value }) => value.interfaces.map(({ network }) => network)))].sort();
  const networks = names.flatMap((name) => {
    const network = state.get('networks', name);
    return network ? [{ name, cidrs: cidrsOf(network.value, state) }] : [];
  });
  const routes = new Map<string, string>();
  const blocks = new Map<string, string[]>();
  for (const member of names.flatMap((name) => membersOf(name, state))) {
    const other = hostOf(member);
    if (other === host) continue;
    const via = state.by('hosts', 'name', other)[0]?.value.address;
    if (!via) continue;
    if (!blocks.has(other)) blocks.set(other, blocksOf(other, state));
    for (const { network, address } of member.value.interfaces) {
      if (names.includes(network)) routes.set(blockWith(address, blocks.get(other) ?? []) ?? `${address}/32`, via);
    }
  }
  return {
    installation,
    routes: [...routes].map(([to, via]) => ({ to, via })).sort((a, b) => (a.to < b.to ? -1 : 1)),
    ownBlocks: blocksOf(host, state),
    pools: [...new Set(networks.flatMap(({ cidrs }) => cidrs))].sort(),
    networks,
  };
}

/** Hosts whose routes an endpoint may change: those with a member of one of its networks. */
export function neighboursOf(endpoint: EndpointRecord, state: View): string[] {
  const hosts = endpoint.interfaces.flatMap(({ network }) => membersOf(network, state)).map(hostOf);
  return [...new Set(hosts)];
}

/** Endpoints in a network. One of an application, `<namespace>.<app>.<network>`, has none of another's. */
function membersOf(network: string, state: View): Entry<'endpoints'>[] {
  const [namespace, app, own] = network.split('.');
  const candidates = own === undefined ? state.list('endpoints') : state.by('endpoints', 'app', `${namespace}/${app}`);
  return candidates.filter(({ value }) => value.interfaces.some((each) => each.network === network));
}

/** The network's first range and those of the pools that it grew by. */
function cidrsOf({ cidr, pools }: NetworkRecord, state: View): string[] {
  const cidrs = new Set([cidr]);
  for (const pool of pools) {
    const record = state.get('calico', `resources/v3/projectcalico.org/ippools/${pool}`);
    const found = record && poolCidr(record.value);
    if (found) cidrs.add(found);
  }
  return [...cidrs];
}

/** Calico's own format; anything may stand there. */
function poolCidr(value: Buffer): string | undefined {
  try {
    const { spec }: { spec?: { cidr?: unknown } } = JSON.parse(value.toString());
    return typeof spec?.cidr === 'string' && tryParseCidr(spec.cidr) ? spec.cidr : undefined;
  } catch {
    return undefined;
  }
}

/** Blocks with an affinity to a host: the key says it all, `ipam/v2/host/<host>/ipv4/block/10.64.0.0-26`. */
function blocksOf(host: string, state: View): string[] {
  const under = `ipam/v2/host/${host}/ipv4/block`;
  return state
    .list('calico', under)
    .map(({ id }) => id.slice(under.length + 1).replace('-', '/'))
    .filter((block) => tryParseCidr(block) !== undefined);
}

function blockWith(address: string, blocks: readonly string[]): string | undefined {
  const parsed = parseAddress(address);
  return blocks.find((block) => {
    const cidr = tryParseCidr(block);
    return cidr !== undefined && ordinalOf(cidr, parsed) !== undefined;
  });
}
