import { CalicoReader, type IpamPlan, keyOf, type Pool } from '../../lib/calico/index.ts';
import { formatAddress, tryParseAddress, tryParseCidr } from '../../lib/network/index.ts';
import type { EndpointRecord } from '../../lib/records/index.ts';
import { containerOf, type Entry, type Guard, hostOf, type View, type Write } from '../../lib/store/index.ts';
import type { Part } from './batch.ts';
import type { Owned } from './context.ts';
import { handleOf, hostInterface, macAddress } from './names.ts';
import { type Origin, workloadEndpointId, workloadEndpointOf } from './resources.ts';

/** Assignments of a host whose container record is the one that was placed, and that have no endpoint yet. */
export function assignmentsToServe(host: string, state: View): Entry<'assignments'>[] {
  return state
    .list('assignments', host)
    .filter((assignment) => !state.get('endpoints', assignment.id) && placedAs(assignment, state));
}

/** Endpoints of a host whose container is gone: no trace of it on the host, and nobody wants it any more. */
export function endpointsToRemove(host: string, state: View): Entry<'endpoints'>[] {
  return state.list('endpoints', host).filter((endpoint) => {
    const assignment = state.get('assignments', endpoint.id);
    return !state.get('observed', endpoint.id) && assignment?.value.uid !== endpoint.value.uid;
  });
}

export interface JoinedNetwork {
  name: string;
  pools: Pool[];
  dns: string[];
  /** The pools as they were read: one that is disabled meanwhile gives out nothing more. */
  guards: Guard[];
}

/** The container record that was placed; none once it wants another incarnation. */
const placedAs = (assignment: Entry<'assignments'>, state: View): Entry<'containers'> | undefined => {
  const container = state.get('containers', containerOf(assignment));
  return container?.value.spec === assignment.value.spec ? container : undefined;
};

/**
 * The networks that an assignment's container joins, in order of its interfaces.
 *
 * @returns undefined while one of them is not there, or is going
 */
export function networksOf(assignment: Entry<'assignments'>, state: View): JoinedNetwork[] | undefined {
  const networks: JoinedNetwork[] = [];
  for (const name of placedAs(assignment, state)?.value.networks ?? []) {
    const network = joined(name, state);
    if (!network) return undefined;
    networks.push(network);
  }
  return networks;
}

function joined(name: string, state: View): JoinedNetwork | undefined {
  const network = state.get('networks', name);
  if (!network || network.value.deleting) return undefined;
  const reader = new CalicoReader(state);
  const guards: Guard[] = [];
  const pools = network.value.pools.flatMap((id): Pool[] => {
    const { value: pool, revision } = reader.pool(id);
    const cidr = pool && tryParseCidr(pool.spec.cidr);
    if (!cidr || pool.spec.disabled) return [];
    guards.push({ unchanged: 'calico', id: keyOf.pool(id), at: revision });
    return [{ cidr, blockSize: pool.spec.blockSize ?? network.value.blockSize }];
  });
  // The cache may show a network a moment before its pool.
  return pools.length === 0 ? undefined : { name, pools, dns: network.value.dns, guards };
}

/**
 * The endpoint of an assignment, with an address in each of its networks; without any, and with a message, where one
 * of them is full.
 */
export function endpointFor(
  assignment: Entry<'assignments'>,
  networks: readonly JoinedNetwork[],
  { plan, origin }: { plan: IpamPlan; origin: Origin },
): Part {
  const { id } = assignment;
  const { uid } = assignment.value;
  const host = hostOf(assignment);
  const guards: Guard[] = [{ unchanged: 'assignments', id, at: assignment.modRevision }];
  const writes: Write<Owned>[] = [];
  const endpoint: EndpointRecord = { uid, interfaces: [], dns: [...new Set(networks.flatMap(({ dns }) => dns))] };
  const undo = plan.mark();
  for (const [index, network] of networks.entries()) {
    const handle = handleOf(network.name, uid);
    const assigned = plan.assign({ host, pools: network.pools, handle, now: origin.now });
    if ('refused' in assigned) {
      undo();
      const message = `network ${network.name} is full: ${assigned.refused}`;
      return {
        writes: [{ put: 'endpoints', id, value: { uid, interfaces: [], dns: [], message }, expect: 0 }],
        guards,
      };
    }
    const link = {
      network: network.name,
      name: `eth${index}`,
      address: formatAddress(assigned.address),
      hostInterface: hostInterface(uid, network.name),
      mac: macAddress(uid, network.name),
    };
    endpoint.interfaces.push(link);
    const made = workloadEndpointOf({ ...link, host, uid }, origin);
    writes.push({ put: 'calico', ...made, expect: 0 });
    guards.push(...network.guards);
  }
  writes.push({ put: 'endpoints', id, value: endpoint, expect: 0 });
  return { writes, guards };
}

/**
 * Takes an endpoint away with its addresses. The transaction compares that nothing is left of the container on the
 * host and that nobody wants this incarnation: from then on it can never be created.
 */
export function removalOf(endpoint: Entry<'endpoints'>, { plan, state }: { plan: IpamPlan; state: View }): Part {
  const { id } = endpoint;
  const { uid, interfaces } = endpoint.value;
  const host = hostOf(endpoint);
  const reader = new CalicoReader(state);
  const writes: Write<Owned>[] = [{ delete: 'endpoints', id, expect: endpoint.modRevision }];
  const guards: Guard[] = [{ absent: 'observed', id }];
  for (const { network, name, address } of interfaces) {
    const handle = handleOf(network, uid);
    const parsed = tryParseAddress(address);
    const blockSize = state.get('networks', network)?.value.blockSize;
    plan.release(handle, parsed && blockSize !== undefined ? [{ address: parsed, blockSize }] : []);
    const workload = workloadEndpointId(host, uid, name);
    const expect = reader.revisionOf(workload);
    if (expect !== 0) writes.push({ delete: 'calico', id: workload, expect });
    // What the cache does not show yet must not be left behind.
    for (const calico of [workload, keyOf.handle(handle)]) {
      if (reader.revisionOf(calico) === 0) guards.push({ absent: 'calico', id: calico });
    }
  }
  const assignment = state.get('assignments', id);
  guards.push(
    assignment ? { unchanged: 'assignments', id, at: assignment.modRevision } : { absent: 'assignments', id },
  );
  return { writes, guards };
}
