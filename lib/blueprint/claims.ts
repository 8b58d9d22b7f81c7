/** What an application asks of its own networks. */

import type { ApplicationSpec, BlueprintNetwork, NetworkClaim, VirtualNetworkSpec } from '../records/index.ts';
import { sameJson, type Write } from '../store/index.ts';
import { addressesOf } from './name-servers.ts';
import { declaredIn, networkName, ownNetworks, resolveNetwork } from './networks.ts';
import type { Soundings } from './sensors.ts';
import type { Snapshot } from './snapshot.ts';

/** The claims of the networks that are wanted. That of another goes when nothing can be attached to it any more. */
export function claimWrites(spec: ApplicationSpec, snapshot: Snapshot, soundings: Soundings): Write<'networkclaims'>[] {
  const { namespace, app, uid, claims, attached } = snapshot;
  const declared = declaredIn(spec);
  const wanted = ownNetworks(spec);
  const writes: Write<'networkclaims'>[] = [];
  const idOf = (name: string) => `${namespace}/${app}/${name}`;
  for (const [name, containers] of wanted) {
    const network = declared.get(name);
    const said = network && { spec: specOf(network, spec, { snapshot, soundings }) };
    const value: NetworkClaim = { uid, cloud: spec.location, containers, ...said };
    const standing = claims.get(name);
    if (sameJson(standing?.record, value)) continue;
    writes.push({ put: 'networkclaims', id: idOf(name), value, expect: standing?.revision ?? 0 });
  }
  for (const [name, { revision }] of claims) {
    if (wanted.has(name) || attached.has(networkName(namespace, app, name))) continue;
    writes.push({ delete: 'networkclaims', id: idOf(name), expect: revision });
  }
  return writes;
}

/** Name servers that are not known yet are left out: those that must not start without them wait. */
function specOf(
  network: BlueprintNetwork,
  spec: ApplicationSpec,
  { snapshot, soundings }: { snapshot: Snapshot; soundings: Soundings },
): VirtualNetworkSpec {
  const allowFrom = network.spec.allowFrom.map((name) => resolveNetwork(name, spec, snapshot));
  const dnsServers = addressesOf(network, spec, { home: snapshot, soundings });
  return { ...network.spec, allowFrom: [...new Set(allowFrom)], dnsServers };
}
