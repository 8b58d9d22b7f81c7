import { GATEWAY } from '../../lib/network/linux/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { NetworkRecord, VirtualNetworkSpec } from '../../lib/records/index.ts';
import { acceptNetwork, needsReplacement } from './accept.ts';
import { attachedTo } from './attached.ts';
import type { Ippool } from './context.ts';
import { createNetwork } from './creation.ts';
import { notAllocated, type Outcome } from './outcome.ts';
import { poolsMadeFor, recoverNetwork } from './recovery.ts';
import { removeNetwork, restore } from './removal.ts';
import { isSound } from './sound.ts';
import { ofVirtualNetwork, reportNetwork } from './status.ts';
import { keepNetwork } from './upkeep.ts';
import { wantedNetwork } from './wanted.ts';

/** Brings one network in line with what wants it: an application's claim, or a user's VirtualNetwork. */
export async function reconcileNetwork(name: string, context: Ippool): Promise<Result> {
  const { state, store, clock } = context;
  const user = state.get('virtualnetworks', name);
  const standing = state.get('accepted/virtualnetworks', name);
  const network = ofVirtualNetwork(name, state);
  const inForce = { accepted: standing?.value, network, attached: () => attachedTo(name, state) };
  const acceptance = acceptNetwork(user, inForce, clock.now());
  let accepted: Parameters<typeof wantedNetwork>[1];
  if (acceptance?.accepted) {
    const shown = state.revision;
    const written = await store.commit({
      writes: [
        {
          put: 'accepted/virtualnetworks',
          id: name,
          value: acceptance.accepted,
          expect: standing?.modRevision ?? 0,
        },
      ],
      guards: [
        user
          ? { unchanged: 'virtualnetworks', id: name, at: user.modRevision }
          : { absent: 'virtualnetworks', id: name },
      ],
    });
    // Nothing was sent where nothing changes.
    accepted = { value: acceptance.accepted, at: written > shown ? written : (standing?.modRevision ?? 0) };
  }
  const outcome = await bringAbout(name, accepted, context);
  await reportNetwork(name, acceptance, outcome, context);
  return outcome.result;
}

/** Makes, keeps, restores, replaces or removes: whatever is the next step. */
async function bringAbout(
  name: string,
  accepted: Parameters<typeof wantedNetwork>[1],
  context: Ippool,
): Promise<Outcome> {
  const { state, store, tools } = context;
  const network = state.get('networks', name);
  if (network && !isSound(network)) {
    await store.commit({ writes: [{ delete: 'networks', id: name, expect: network.modRevision }] });
    context.event('networks', 'Warning', 'Repaired', `networks/${name} was no record of berth's: taken away`);
    return { observed: [], result: undefined };
  }
  const wanted = wantedNetwork(name, accepted, state);
  if (!network) {
    tools.counted.delete(name);
    if (!wanted) return { observed: [], result: undefined };
    const left = poolsMadeFor(name, state, context.installation);
    return left.length > 0 ? recoverNetwork(wanted, left, context) : createNetwork(wanted, context);
  }
  if (wanted?.uid !== network.value.uid) return removeNetwork(network, context);
  if (needsReplacement(network.value, wanted.spec, tools.supernet)) {
    const attached = attachedTo(name, state);
    if (attached.length === 0) return removeNetwork(network, context);
    // Taken over while nothing was attached, or said by a blueprint: what runs keeps its addresses.
    const kept = await keepNetwork(network, { ...wanted, spec: inForceOf(wanted.spec, network.value) }, context);
    const message = `${network.value.cidr} stays until nothing is attached any more: ${attached.slice(0, 5).join(', ')}`;
    context.event(wanted.about, 'Warning', 'InUse', message);
    return { ...kept, observed: [notAllocated('InUse', message)] };
  }
  if (network.value.deleting) return restore(network, context);
  return keepNetwork(network, wanted, context);
}

/** A spec with the ranges and the gateway that the network has instead of those that it should have. */
function inForceOf({ gateway: _, ...spec }: VirtualNetworkSpec, network: NetworkRecord): VirtualNetworkSpec {
  const [cidr = network.cidr, ...pools] = network.ranges ?? [];
  return { ...spec, cidr, pools, ...(network.gateway !== GATEWAY && { gateway: network.gateway }) };
}
