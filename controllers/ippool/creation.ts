import { type Cidr, formatCidr, parseCidr, tryParseAddress } from '../../lib/addresses/index.ts';
import { CalicoReader, keyOf, paths } from '../../lib/calico/index.ts';
import { GATEWAY } from '../../lib/network/linux/index.ts';
import type { NetworkRecord } from '../../lib/records/index.ts';
import type { Guard, View, Write } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import { blockSizeOf, conflictOf, freeRange, sizeOfWanted } from './allocation.ts';
import type { Ippool, Owned } from './context.ts';
import { notAllocated, type Outcome } from './outcome.ts';
import { type Created, foundations, isOurs, type Origin, poolOf, profileOf, reservationOf } from './resources.ts';
import { poolSpec, profileSpec } from './specs.ts';
import type { IppoolTools } from './tools.ts';
import { type PoolUsage, usageOf } from './usage.ts';
import type { Wanted } from './wanted.ts';

/** Milliseconds until a network for which there is no room, or whose name is taken, is looked at again without an event. */
export const BLOCKED = 5000;

/** Network record, pool and profile, in one transaction. Further ranges follow. */
export const createNetwork = (wanted: Wanted, context: Ippool): Promise<Outcome> =>
  context.tools.fresh.inTurn(() => create(wanted, context));

async function create(wanted: Wanted, context: Ippool): Promise<Outcome> {
  const { state, store, tools, clock, random, installation } = context;
  const { name, guards } = wanted;
  const origin = { installation, random, now: clock.now() };
  const place = placeFor(wanted, context);
  if ('refused' in place) return place.refused;
  const { range, blockSize } = place;

  const { natOutgoing, encapsulation } = wanted;
  const pool = poolOf(
    { name: place.pool, network: name, spec: poolSpec({ range, blockSize, natOutgoing, encapsulation }) },
    origin,
  );
  const value = recordOf(wanted, [{ name: place.pool, range: formatCidr(range), used: 0 }], blockSize);
  const record: Write<Owned> = { put: 'networks', id: name, value, expect: 0 };
  const { closed = true, allowFrom = [] } = value;
  const profile = profileOf(name, profileSpec(name, { closed, allowFrom }), origin);
  const reserved = reservedIn(wanted);
  // A profile of that name may be another's, and then serves as it is; so do Calico's own records.
  const shared = [
    profile,
    ...(reserved.length > 0 ? [reservationOf(name, reserved, origin)] : []),
    ...missingFoundations(context, origin),
  ].filter(({ id }) => !state.get('calico', id));
  const writes = [record, ...[pool, ...shared].map(creation)];
  const commit = () => store.commit({ writes, guards: [...guards, ...settledPools(state, tools)] });
  await tools.fresh.during({ network: name, range, pool: pool.id }, { commit, clock });
  const made = `made network ${name} of ${formatCidr(range)}`;
  context.event(wanted.about, 'Normal', 'NetworkAllocated', made);
  return { observed: [], result: undefined };
}

/**
 * etcd reads every pool for the comparison below, 3 µs each: beyond so many it would make a network slower by the number
 * of networks. An overlap that comes of two pools in one moment is then told by `berth network check`, as with calicoctl.
 */
const COMPARED_POOLS = 256;

/**
 * That nobody has made or changed a pool since what the cache shows: somebody else’s may overlap with one that is about
 * to be made, and no key says so. Taken when the range is chosen.
 */
export function settledPools(state: View, { fresh }: IppoolTools): Guard[] {
  if (AddressSpace.of(state).poolCount > COMPARED_POOLS) return [];
  const newest = state
    .list('calico', paths.pools)
    .reduce((most, { modRevision }) => Math.max(most, modRevision), fresh.newest(state));
  return [{ settled: 'calico', under: paths.pools, since: newest }];
}

/** They are there from the first network on. */
const missingFoundations = ({ state }: Ippool, origin: Origin): Created[] =>
  [keyOf.clusterInformation(), keyOf.tier('default'), keyOf.ipamConfig()].every((id) => state.get('calico', id))
    ? []
    : foundations(origin);

type Place = { range: Cidr; blockSize: number; pool: string } | { refused: Outcome };

/** Where a network can be, and what its pool is called; or why it cannot be anywhere. */
function placeFor(wanted: Wanted, context: Ippool): Place {
  const { state, tools } = context;
  const { name, spec, hosts } = wanted;
  const refuse = (reason: string, message: string): Place => {
    context.event(wanted.about, 'Warning', reason, message);
    return { refused: { observed: [notAllocated(reason, message)], result: { after: BLOCKED } } };
  };
  const pool = poolNameFor(name, [], state, context.installation);
  if (pool === undefined) return refuse('NameTaken', `Calico has an IP pool ${name} that is not ours`);
  if (spec.cidr !== undefined) {
    const range = parseCidr(spec.cidr);
    const conflict = conflictOf(range, name, state, tools);
    if (conflict) return refuse('Overlaps', `${spec.cidr} overlaps with ${conflict}; it is made when that is gone`);
    return { range, blockSize: blockSizeOf(range, spec, hosts()), pool };
  }
  const { prefix, blockSize } = sizeOfWanted(wanted);
  const range = freeRange(prefix, name, state, tools);
  const full = `${formatCidr(tools.supernet)} has no room for a /${prefix} for network ${name}`;
  return range ? { range, blockSize, pool } : refuse('SupernetFull', full);
}

/**
 * What the next pool of a network is called: as the network, then with a number.
 *
 * @param has  names of the pools that it has, also of one that somebody deleted and that is made again
 * @returns undefined where somebody else has a pool of the network's own name
 */
export function poolNameFor(
  network: string,
  has: readonly string[],
  state: View,
  installation: string,
): string | undefined {
  const reader = new CalicoReader(state);
  const { value: namesake, revision } = reader.pool(network);
  if (revision === 0 && !has.includes(network)) return network;
  if (revision !== 0 && (!namesake || !isOurs(namesake, installation))) return undefined;
  let number = 2;
  const isTaken = (name: string) => has.includes(name) || reader.revisionOf(keyOf.pool(name)) !== 0;
  while (isTaken(`${network}-${number}`)) number++;
  return `${network}-${number}`;
}

/** The network's record. */
export function recordOf(
  wanted: Wanted,
  pools: readonly (PoolUsage & { name: string })[],
  blockSize: number,
): NetworkRecord {
  const { uid, cloud, provider, spec, natOutgoing, mtu } = wanted;
  const ranges = pools.map(({ range }) => range);
  return {
    ...{ uid, cloud, cidr: ranges[0] ?? '', gateway: spec.gateway ?? GATEWAY },
    ...{ pools: pools.map(({ name }) => name), ranges, blockSize, provider, ...usageOf(pools, spec.gateway) },
    dns: spec.dnsServers,
    closed: spec.addIptablesRules,
    allowFrom: spec.allowFrom,
    natOutgoing,
    ...(mtu !== undefined && { mtu }),
  };
}

/** Addresses of the network that no container is given, as ranges. */
export function reservedIn({ spec: { gateway } }: Wanted): string[] {
  const address = gateway === undefined ? undefined : tryParseAddress(gateway);
  return address ? [`${gateway}/${address.family === 4 ? 32 : 128}`] : [];
}

export const creation = ({ id, value }: Created): Write<Owned> => ({ put: 'calico', id, value, expect: 0 });
