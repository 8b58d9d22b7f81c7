import {
  type Address,
  BITS,
  type Cidr,
  contains,
  formatAddress,
  rangeAround,
  tryParseCidr,
} from '../../lib/addresses/index.ts';
import { CalicoReader, type IpamPlan, keyOf, type Pool } from '../../lib/calico/index.ts';
import type { EndpointRecord } from '../../lib/records/index.ts';
import { containerOf, type Entry, type Guard, hostOf, type View, type Write } from '../../lib/store/index.ts';
import type { Part } from './batch.ts';
import type { Owned } from './context.ts';
import { handleOf, hostInterface, macAddress } from './names.ts';
import type { Origin } from './resources.ts';
import { isSound } from './sound.ts';
import { isSameWorkload, workloadEndpointOf } from './workloads.ts';

/** Assignments of a host whose container record is the one that was placed, and that have no endpoint yet. */
export function assignmentsToServe(host: string, state: View): Entry<'assignments'>[] {
  return state
    .list('assignments', host)
    .filter((assignment) => !state.get('endpoints', assignment.id) && placedAs(assignment, state));
}

/** Endpoints of a host whose container is gone: no trace of it on the host, and nobody wants it any more. */
export function endpointsToRemove(host: string, state: View): Entry<'endpoints'>[] {
  return state.list('endpoints', host).filter((endpoint) => isSound(endpoint) && isToGo(endpoint, state));
}

/** Whether nothing of an endpoint's container is left on its host, and nobody wants it any more. */
export const isToGo = ({ id, value: { uid } }: Entry<'endpoints'>, state: View): boolean =>
  !state.get('observed', id) && state.get('assignments', id)?.value.uid !== uid;

export interface JoinedNetwork {
  name: string;
  /** Those that give out addresses, with what to compare: one that is disabled meanwhile gives out nothing more. */
  pools: (Pool & { guard: Guard })[];
  dns: string[];
  /** Of what is reserved in it: a gateway that is chosen meanwhile is no container's. */
  reservation: Guard;
  /** It gets no further ranges by itself. */
  fixed: boolean;
}

export type Link = EndpointRecord['interfaces'][number];

/** The container record that was placed; none once it wants another incarnation. */
const placedAs = (assignment: Entry<'assignments'>, state: View): Entry<'containers'> | undefined => {
  const container = state.get('containers', containerOf(assignment));
  return container?.value.spec === assignment.value.spec ? container : undefined;
};

/**
 * The networks that an assignment's container joins, in order of its interfaces.
 *
 * @param known  networks that were looked up before, by name: a host's containers join few
 * @returns undefined while one of them is not there, or is going
 */
export function networksOf(
  assignment: Entry<'assignments'>,
  state: View,
  known: Map<string, JoinedNetwork | undefined>,
): JoinedNetwork[] | undefined {
  const networks: JoinedNetwork[] = [];
  for (const name of placedAs(assignment, state)?.value.networks ?? []) {
    if (!known.has(name)) known.set(name, joined(name, state));
    const network = known.get(name);
    if (!network) return undefined;
    networks.push(network);
  }
  return networks;
}

function joined(name: string, state: View): JoinedNetwork | undefined {
  const network = state.get('networks', name);
  if (!network || network.value.deleting) return undefined;
  const reader = new CalicoReader(state);
  const pools = network.value.pools.flatMap((id): JoinedNetwork['pools'] => {
    const { value: pool, revision } = reader.pool(id);
    const cidr = pool && tryParseCidr(pool.spec.cidr);
    if (!cidr || pool.spec.disabled) return [];
    const blockSize = pool.spec.blockSize ?? network.value.blockSize;
    return [{ cidr, blockSize, guard: { unchanged: 'calico', id: keyOf.pool(id), at: revision } }];
  });
  // The cache may show a network a moment before its pool.
  if (pools.length === 0) return undefined;
  const fixed = state.get('accepted/virtualnetworks', name)?.value.spec.cidr !== undefined;
  const id = keyOf.ipReservation(name);
  const reservation: Guard = { unchanged: 'calico', id, at: reader.revisionOf(id) };
  return { name, pools, dns: network.value.dns, reservation, fixed };
}

/** What an endpoint is planned on. */
export interface Planning {
  plan: IpamPlan;
  state: View;
  origin: Origin;
}

/** The endpoint of an assignment, with an address of each family in each of its networks; or why there is none. */
export function endpointFor(
  assignment: Entry<'assignments'>,
  networks: readonly JoinedNetwork[],
  { plan, state, origin }: Planning,
): Part {
  const { id } = assignment;
  const guards = [stillAssigned(assignment)];
  const writes: Write<Owned>[] = [];
  const links: Link[] = [];
  const undo = plan.mark();
  for (const [index, network] of networks.entries()) {
    const made = linkFor(assignment, network, index, { plan, state, origin });
    if ('refused' in made) {
      undo();
      return { writes: [refusal(assignment, made.refused)], guards };
    }
    links.push(made.link);
    writes.push(...made.part.writes);
    guards.push(...made.part.guards);
  }
  writes.push({ put: 'endpoints', id, value: recordOf(assignment, links, networks), expect: 0 });
  return { writes, guards };
}

export const stillAssigned = ({ id, modRevision }: Entry<'assignments'>): Guard => ({
  unchanged: 'assignments',
  id,
  at: modRevision,
});

/** What placement is told: it takes the assignment back. */
export const refusal = ({ id, value: { uid } }: Entry<'assignments'>, message: string): Write<Owned> => ({
  put: 'endpoints',
  id,
  value: { uid, interfaces: [], dns: [], message },
  expect: 0,
});

export const recordOf = (
  { value: { uid } }: Entry<'assignments'>,
  interfaces: Link[],
  networks: readonly JoinedNetwork[],
): EndpointRecord => ({ uid, interfaces, dns: [...new Set(networks.flatMap(({ dns }) => dns))] });

/**
 * An interface in one network: its addresses, and its workload endpoint. What Calico has of the incarnation stays: the
 * endpoint's record may have been lost while its container runs.
 */
export function linkFor(
  assignment: Entry<'assignments'>,
  network: JoinedNetwork,
  index: number,
  { plan, state, origin }: Planning,
): { link: Link; part: Part } | { refused: string } {
  const { uid } = assignment.value;
  const host = hostOf(assignment);
  const handle = handleOf(network.name, uid);
  const addresses: Address[] = [];
  const reader = new CalicoReader(state);
  const held = plan.adopt(handle);
  const guards: Guard[] = [network.reservation];
  if (held.length > 0) {
    const id = keyOf.handle(handle);
    guards.push({ unchanged: 'calico', id, at: reader.revisionOf(id) });
  }
  for (const family of [4, 6] as const) {
    const pools = network.pools.filter(({ cidr }) => cidr.family === family);
    if (pools.length === 0) continue;
    const kept = held.find((address) => address.family === family);
    if (kept) {
      addresses.push(kept);
      continue;
    }
    const assigned = plan.assign({ host, pools, handle, now: origin.now });
    if ('refused' in assigned) {
      const cure = network.fixed ? '; another range in its spec.pools would help' : '';
      return { refused: `network ${network.name} is full: ${assigned.refused}${cure}` };
    }
    addresses.push(assigned.address);
    const single = singleRange(assigned.address);
    guards.push(...pools.filter(({ cidr }) => contains(cidr, single)).map(({ guard }) => guard));
  }
  const link = linkOf(uid, network.name, index, addresses);
  const made = workloadEndpointOf({ ...link, host, uid }, origin);
  const revision = reader.revisionOf(made.id);
  if (isSameWorkload(made, state.get('calico', made.id))) {
    guards.push({ unchanged: 'calico', id: made.id, at: revision });
    return { link, part: { writes: [], guards } };
  }
  return { link, part: { writes: [{ put: 'calico', ...made, expect: revision }], guards } };
}

/** @param addresses  the IPv4 one first, where there are both */
export function linkOf(uid: string, network: string, index: number, addresses: readonly Address[]): Link {
  const [address = '', address6] = addresses.map(formatAddress);
  return {
    ...{ network, name: `eth${index}`, address, ...(address6 !== undefined && { address6 }) },
    hostInterface: hostInterface(uid, network),
    mac: macAddress(uid, network),
  };
}

export const singleRange = (address: Address): Cidr => rangeAround(address, BITS[address.family]);
