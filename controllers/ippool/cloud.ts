import {
  type BGPConfigurationSpec,
  type BGPPeerSpec,
  bgpConfiguration,
  bgpPeer,
  nameOf as calicoNameOf,
  keyOf,
  paths,
} from '../../lib/calico/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec } from '../../lib/records/index.ts';
import type { View, Write } from '../../lib/store/index.ts';
import { UNIT } from './batch.ts';
import { bgpConfigurationSpec, bgpPeerSpecs, isPeerOf, tunnelsOf } from './calico-settings.ts';
import type { Ippool, Owned } from './context.ts';
import { bearsOurMark, bytes, foundations, isOurs, type Origin, readable, resource } from './resources.ts';
import { keepTunnelPools, removeTunnelPools } from './tunnels.ts';

type Network = DockerCloudSpec['network'];

/**
 * What a cloud with the provider calico has in Calico beside networks and hosts: how nodes peer, and the pools of their tunnels'
 * addresses. Once it has another provider, or is gone, so are these.
 */
export async function reconcileCloud(cloud: string, context: Ippool): Promise<Result> {
  const { state, store, clock, random, installation } = context;
  const network = state.get('accepted/dockerclouds', cloud)?.value.spec.network;
  const origin: Origin = { installation, random, now: clock.now() };
  const writes = [...configurationWrites(state, origin), ...peerWrites(cloud, network, { state, origin })];
  for (let i = 0; i < writes.length; i += UNIT) await store.commit({ writes: writes.slice(i, i + UNIT) });
  return network && tunnelsOf(network).length > 0
    ? keepTunnelPools(cloud, network, context, origin)
    : removeTunnelPools(cloud, context);
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
