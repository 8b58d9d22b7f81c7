import { type Cidr, contains, formatCidr, parseCidr, tryParseCidr } from '../../lib/addresses/index.ts';
import {
  type BGPConfigurationSpec,
  type BGPPeerSpec,
  bgpConfiguration,
  bgpPeer,
  CalicoReader,
  nameOf as calicoNameOf,
  type IPPoolSpec,
  IpamPlan,
  ipPool,
  keyOf,
  paths,
} from '../../lib/calico/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec } from '../../lib/records/index.ts';
import type { View, Write } from '../../lib/store/index.ts';
import { freeRange } from './allocation.ts';
import { UNIT, writeOf } from './batch.ts';
import { bgpConfigurationSpec, bgpPeerSpecs, isPeerOf, tunnelPool, tunnelSize, tunnelsOf } from './calico-settings.ts';
import type { Ippool, Owned } from './context.ts';
import { settledPools } from './creation.ts';
import { bearsOurMark, bytes, foundations, isOurs, type Origin, poolOf, readable, resource } from './resources.ts';
import { poolSpec } from './specs.ts';

/** Milliseconds until a supernet that has no room for tunnels is looked at again without an event. */
const NO_ROOM = 30_000;
/** Milliseconds that other IPAM clients are given to notice that a pool is disabled (calico.md §2). */
const DISABLED_FOR = 500;
/** Blocks given back in one transaction: each is a block and an affinity. */
const AT_ONCE = 25;

type Network = DockerCloudSpec['network'];

/**
 * What a cloud with the provider calico has in Calico beside networks and hosts: how nodes peer, and the pool of their tunnels'
 * addresses. Once it has another provider, or is gone, so are these.
 */
export async function reconcileCloud(cloud: string, context: Ippool): Promise<Result> {
  const { state, store, clock, random, installation } = context;
  const network = state.get('accepted/dockerclouds', cloud)?.value.spec.network;
  const origin: Origin = { installation, random, now: clock.now() };
  const writes = [...configurationWrites(state, origin), ...peerWrites(cloud, network, { state, origin })];
  for (let i = 0; i < writes.length; i += UNIT) await store.commit({ writes: writes.slice(i, i + UNIT) });
  return network && tunnelsOf(network).length > 0
    ? keepTunnelPool(cloud, network, context, origin)
    : removeTunnelPool(cloud, context);
}

/** All clouds share one BGPConfiguration; the last one that is gone leaves it as it was, for nobody reads it then. */
function configurationWrites(state: View, origin: Origin): Write<Owned>[] {
  const networks = state
    .list('accepted/dockerclouds')
    .map(({ value }) => value.spec.network)
    .filter(({ provider }) => provider === 'calico');
  if (networks.length === 0) return [];
  const made = foundations(origin)
    .filter(({ id }) => !state.get('calico', id))
    .map(({ id, value }): Write<Owned> => ({ put: 'calico', id, value, expect: 0 }));
  const id = keyOf.bgpConfiguration();
  const entry = state.get('calico', id);
  const found = readable(bgpConfiguration, entry);
  // One that does not parse is never written over.
  if (entry && !(found && isOurs(found, origin.installation))) return made;
  const record = found ?? resource<BGPConfigurationSpec>('BGPConfiguration', 'default', {}, origin);
  const value = bytes(bgpConfiguration, { ...record, spec: { ...record.spec, ...bgpConfigurationSpec(networks) } });
  if (entry?.value.equals(value)) return made;
  return [...made, { put: 'calico', id, value, expect: entry?.modRevision ?? 0 }];
}

function peerWrites(
  cloud: string,
  network: Network | undefined,
  { state, origin }: { state: View; origin: Origin },
): Write<Owned>[] {
  const wanted = network?.provider === 'calico' ? bgpPeerSpecs(cloud, network) : new Map<string, BGPPeerSpec>();
  const writes: Write<Owned>[] = [];
  for (const entry of state.list('calico', paths.bgpPeers)) {
    const { id, value, modRevision: expect } = entry;
    const name = calicoNameOf(id);
    if (!isPeerOf(name, cloud)) continue;
    const spec = wanted.get(name);
    wanted.delete(name);
    if (!bearsOurMark(entry, origin.installation)) continue;
    // One of ours that does not parse has nothing to keep.
    const found = readable(bgpPeer, entry);
    const text = spec && bytes(bgpPeer, found ? { ...found, spec } : resource('BGPPeer', name, spec, origin));
    if (!text) writes.push({ delete: 'calico', id, expect });
    else if (!text.equals(value)) writes.push({ put: 'calico', id, value: text, expect });
  }
  for (const [name, spec] of wanted) {
    const value = bytes(bgpPeer, resource('BGPPeer', name, spec, origin));
    writes.push({ put: 'calico', id: keyOf.bgpPeer(name), value, expect: 0 });
  }
  return writes;
}

async function keepTunnelPool(cloud: string, network: Network, context: Ippool, origin: Origin): Promise<Result> {
  const { state, store, tools, clock, event } = context;
  const name = tunnelPool(cloud);
  const id = keyOf.pool(name);
  const { value: found, revision } = new CalicoReader(state).pool(name);
  if (revision !== 0) {
    if (!found || !isOurs(found, origin.installation)) return;
    const { disabled: _, ...spec } = found.spec;
    const modes = modesOf(network);
    const value = bytes(ipPool, { ...found, spec: { ...spec, ...modes } });
    if (!value.equals(bytes(ipPool, found)))
      await store.commit({ writes: [{ put: 'calico', id, value, expect: revision }] });
    return;
  }
  const hosts = state.get('accepted/dockerclouds', cloud)?.value.spec.hosts.max ?? 0;
  const { prefix, blockSize } = tunnelSize(hosts);
  const range = freeRange(prefix, name, state, tools);
  if (!range) {
    const message = `${formatCidr(tools.supernet)} has no room for a /${prefix} for the tunnels of ${cloud}`;
    event(`dockerclouds/${cloud}`, 'Warning', 'SupernetFull', message);
    return { after: NO_ROOM };
  }
  const pool = poolOf({ name, network: name, spec: specOf(range, blockSize, network) }, origin);
  const write: Write<Owned> = { put: 'calico', id: pool.id, value: pool.value, expect: 0 };
  const guards = [settledPools(state, tools)];
  const commit = () => store.commit({ writes: [write], guards });
  await tools.fresh.during({ network: name, range, pool: id, alone: true }, { commit, clock });
}

/** No container ever has an address of it. */
const specOf = (range: Cidr, blockSize: number, { encapsulation }: Network): IPPoolSpec => ({
  ...poolSpec({ range, blockSize, natOutgoing: false, encapsulation }),
  allowedUses: ['Tunnel'],
});

/** How packets to it travel: as those to the networks of the cloud. */
function modesOf(network: Network): Pick<IPPoolSpec, 'ipipMode' | 'vxlanMode'> {
  const { ipipMode = 'Never', vxlanMode = 'Never' } = specOf(parseCidr('0.0.0.0/26'), 30, network);
  return { ipipMode, vxlanMode };
}

/** In Calico's safe order: disabled, noticed by others, emptied, gone. Hosts free their addresses of it themselves. */
async function removeTunnelPool(cloud: string, { state, store, installation }: Ippool): Promise<Result> {
  const name = tunnelPool(cloud);
  const id = keyOf.pool(name);
  const reader = new CalicoReader(state);
  const { value: found, revision } = reader.pool(name);
  const range = found && tryParseCidr(found.spec.cidr);
  if (!found || !range || !isOurs(found, installation)) return;
  if (!found.spec.disabled) {
    const value = bytes(ipPool, { ...found, spec: { ...found.spec, disabled: true } });
    await store.commit({ writes: [{ put: 'calico', id, value, expect: revision }] });
    return { after: DISABLED_FOR };
  }
  const held = state.list('calico', paths.hosts).flatMap((entry) => {
    const cidr = tryParseCidr(calicoNameOf(entry.id).replace(/-(?=\d+$)/, '/'));
    const host = entry.id.slice(paths.hosts.length + 1).split('/')[0];
    return cidr && host && contains(range, cidr) ? [{ host, cidr }] : [];
  });
  const used = held.some(({ cidr }) =>
    reader.block(keyOf.block(cidr)).value?.allocations.some((each) => each !== null),
  );
  if (used) return { after: DISABLED_FOR };
  for (let i = 0; i < held.length; i += AT_ONCE) {
    const plan = new IpamPlan(reader);
    for (const { host, cidr } of held.slice(i, i + AT_ONCE)) plan.releaseAffinity(host, cidr);
    await store.commit({ writes: [...plan.changes()].map(writeOf) });
  }
  await store.commit({ writes: [{ delete: 'calico', id, expect: revision }] });
}
