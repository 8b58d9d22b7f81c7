import { summarize } from '../../lib/reconcile/index.ts';
import type { NetworkRecord, Observation, VirtualNetworkStatus } from '../../lib/records/index.ts';
import type { Guard, View } from '../../lib/store/index.ts';
import type { Acceptance } from './accept.ts';
import type { Ippool } from './context.ts';
import { claimOf } from './names.ts';
import { notAllocated, type Outcome, say } from './outcome.ts';
import { isSound } from './sound.ts';

/** A VirtualNetwork's network. One that is called as a claim's network is refused for its name, and has none. */
export function ofVirtualNetwork(name: string, state: View): NetworkRecord | undefined {
  const network = claimOf(name) ? undefined : state.get('networks', name);
  return network && isSound(network) ? network.value : undefined;
}

/**
 * Says in the status of a VirtualNetwork what came of it; takes status and accepted spec away once a deleted one has left
 * nothing behind.
 */
export async function reportNetwork(
  name: string,
  acceptance: Acceptance | undefined,
  outcome: Outcome,
  { state, store, conditions }: Ippool,
): Promise<void> {
  const network = ofVirtualNetwork(name, state);
  const before = state.get('status/virtualnetworks', name);
  if (!acceptance || (acceptance.accepted?.deleting && !network)) {
    const kinds = ['accepted/virtualnetworks', 'status/virtualnetworks'] as const;
    const writes = kinds.filter((kind) => state.get(kind, name)).map((kind) => ({ delete: kind, id: name }));
    // What was never accepted, such as a name that is none, has made no network.
    const guards: Guard[] =
      network || state.get('accepted/virtualnetworks', name) ? [{ absent: 'networks', id: name }] : [];
    if (writes.length > 0) await store.commit({ writes, guards });
    return;
  }
  const { accepted, observed: acceptedIs, generation } = acceptance;
  const observed = [acceptedIs, ...withDefaults(outcome.observed, network !== undefined, accepted !== undefined)];
  const deletion = observed.find(({ type, status }) => type === 'Deleting' && status === 'True');
  const summary: Observation = deletion
    ? { ...deletion, type: 'Ready', status: 'False' }
    : summarize(observed.filter(({ type }) => type === 'Accepted' || type === 'Allocated'));
  const status: VirtualNetworkStatus = {
    ...(generation !== undefined
      ? { observedGeneration: generation }
      : before?.value.observedGeneration !== undefined && { observedGeneration: before.value.observedGeneration }),
    phase: phaseOf(summary, deletion !== undefined, network !== undefined),
    conditions: conditions(before?.value.conditions, [summary, ...observed], generation),
    ...(network && { cidr: (network.ranges ?? [network.cidr]).join(', ') }),
    used: network?.used ?? 0,
    capacity: network?.capacity ?? 0,
  };
  await store.put('status/virtualnetworks', name, status);
}

/** What is not said of this visit counts as it stands. */
function withDefaults(observed: readonly Observation[], exists: boolean, accepted: boolean): Observation[] {
  const has = (type: string) => observed.some((each) => each.type === type);
  const standing = exists
    ? say('Allocated', 'Unknown', 'Allocating', 'its ranges are being looked at')
    : notAllocated(accepted ? 'Allocating' : 'NotAccepted', accepted ? 'its range is being allocated' : '');
  return [
    ...(has('Allocated') || has('Deleting') ? [] : [standing]),
    ...(has('Deleting') ? [] : [say('Deleting', 'False', 'NotDeleted', '')]),
    ...observed,
  ];
}

function phaseOf({ status }: Observation, deleting: boolean, exists: boolean): string {
  if (deleting) return 'Deleting';
  if (status === 'True') return 'Ready';
  return exists ? 'Degraded' : status === 'Unknown' ? 'Pending' : 'Failed';
}
