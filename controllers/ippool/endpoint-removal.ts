import { type Address, type Cidr, tryParseAddress } from '../../lib/addresses/index.ts';
import { CalicoReader, type HeldAddress, type IpamPlan, keyOf } from '../../lib/calico/index.ts';
import { type Entry, type Guard, hostOf, type View, type Write } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import type { Part } from './batch.ts';
import type { Owned } from './context.ts';
import { type Link, singleRange, stillAssigned } from './endpoints.ts';
import { handleOf } from './names.ts';
import { workloadEndpointId } from './workloads.ts';

/**
 * Takes an endpoint away with its addresses. The transaction compares that nothing is left of the container on the
 * host and that nobody wants this incarnation: from then on it can never be created.
 */
export function removalOf(endpoint: Entry<'endpoints'>, { plan, state }: { plan: IpamPlan; state: View }): Part {
  const { id, modRevision } = endpoint;
  const taken = takenOff(endpoint, endpoint.value.interfaces, { plan, state });
  return {
    writes: [{ delete: 'endpoints', id, expect: modRevision }, ...taken.writes],
    guards: [...neverAgain(endpoint, state), ...taken.guards],
  };
}

/** That a container is gone from its host and that its incarnation cannot be created (again). */
export function neverAgain({ id }: Entry<'endpoints'>, state: View): Guard[] {
  const assignment = state.get('assignments', id);
  return [{ absent: 'observed', id }, assignment ? stillAssigned(assignment) : { absent: 'assignments', id }];
}

/** Frees what some interfaces of an endpoint hold. */
export function takenOff(
  endpoint: Entry<'endpoints'>,
  interfaces: readonly Link[],
  { plan, state }: { plan: IpamPlan; state: View },
): Part {
  const { uid } = endpoint.value;
  const reader = new CalicoReader(state);
  const writes: Write<Owned>[] = [];
  const guards: Guard[] = [];
  for (const { network, name, address, address6 } of interfaces) {
    const handle = handleOf(network, uid);
    plan.release(
      handle,
      [address, address6].flatMap((text) => heldAddress(text, state)),
    );
    const workload = workloadEndpointId(hostOf(endpoint), uid, name);
    const expect = reader.revisionOf(workload);
    if (expect !== 0) writes.push({ delete: 'calico', id: workload, expect });
    // What the cache does not show yet must not be left behind.
    for (const calico of [workload, keyOf.handle(handle)]) {
      if (reader.revisionOf(calico) === 0) guards.push({ absent: 'calico', id: calico });
    }
  }
  return { writes, guards };
}

function heldAddress(text: string | undefined, state: View): HeldAddress[] {
  const address = text === undefined ? undefined : tryParseAddress(text);
  return address ? [{ address, block: () => blockAround(address, state) }] : [];
}

function blockAround(address: Address, state: View): Cidr | undefined {
  for (const { kind, range } of AddressSpace.of(state).ranges.around(singleRange(address))) {
    if (kind === 'block') return range;
  }
  return undefined;
}
