import {
  CalicoReader,
  cidrOfKey,
  hostOfBlock,
  type IPPoolSpec,
  IpamPlan,
  ipPool,
  keyOf,
  paths,
  type Resource,
  writeJson,
} from '../../lib/calico/index.ts';
import { type Cidr, contains } from '../../lib/network/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { Entry, View, Write } from '../../lib/store/index.ts';
import { writeOf } from './batch.ts';
import type { Ippool, Owned } from './context.ts';
import { claimOf } from './names.ts';
import { isOurs } from './resources.ts';
import { blocksOf, poolsOf, usedAddresses } from './usage.ts';

/** Milliseconds that other IPAM clients are given to notice that a pool is disabled (calico.md §2). */
const DISABLED_FOR = 500;
/** Milliseconds between looks at a network that somebody else still uses. */
const IN_USE = 5000;
/** Blocks given back in one transaction: each is a block and an affinity. */
const BLOCKS_AT_ONCE = 25;

/**
 * Takes a network back in Calico's safe order, a step a visit: nothing uses it any more → its pools are disabled →
 * others have noticed → its blocks and affinities go → pools, profile and the network's own record go together.
 */
export async function removeNetwork(network: Entry<'networks'>, context: Ippool): Promise<Result> {
  const { state, store, clock } = context;
  if (isWanted(network, state)) return undefined;
  if (usedAddresses(network, state) > 0) return { after: IN_USE };

  const pools = await poolRecords(network, context);
  if (!pools) return { soon: true };
  const { deleting } = network.value;
  // Once the cache shows a pool disabled, it shows every address that was given out before, and no more can follow.
  if (!deleting || pools.some(({ pool }) => !pool.spec.disabled)) {
    const value = { ...network.value, deleting: new Date(clock.now()).toISOString() };
    const record: Write<Owned> = { put: 'networks', id: network.id, value, expect: network.modRevision };
    await store.commit({ writes: [record, ...switched(pools, { disabled: true })] });
    return { after: DISABLED_FOR };
  }
  // The wall clock may jump; a wait is never longer than it would have been.
  const left = DISABLED_FOR - Math.abs(clock.now() - Date.parse(deleting));
  if (left > 0) return { after: left };

  await releaseBlocks(network, context);
  await store.commit({
    writes: [{ delete: 'networks', id: network.id, expect: network.modRevision }, ...deletions(network, context)],
  });
  return undefined;
}

/** The network is claimed again before it was gone: it goes on as it was. */
export async function restore(network: Entry<'networks'>, context: Ippool): Promise<Result> {
  const pools = await poolRecords(network, context);
  if (!pools) return { soon: true };
  const { deleting: _, ...value } = network.value;
  const record: Write<Owned> = { put: 'networks', id: network.id, value, expect: network.modRevision };
  await context.store.commit({ writes: [record, ...switched(pools, { disabled: false })] });
  return undefined;
}

/** Whether a container of the network's own application is still meant to join it. */
function isWanted({ id, value: { uid } }: Entry<'networks'>, state: View): boolean {
  const claim = claimOf(id);
  return (
    claim !== undefined &&
    state.list('containers', claim.app).some(({ value }) => value.uid === uid && value.networks.includes(id))
  );
}

interface PoolRecord {
  pool: Resource<IPPoolSpec>;
  revision: number;
}

/** @returns the pools that there are; undefined when the cache does not show one yet */
async function poolRecords(network: Entry<'networks'>, { state, store }: Ippool): Promise<PoolRecord[] | undefined> {
  const reader = new CalicoReader(state);
  const records: PoolRecord[] = [];
  for (const name of network.value.pools) {
    const { value: pool, revision } = reader.pool(name);
    if (pool) records.push({ pool, revision });
    else if (revision === 0 && (await store.read('calico', keyOf.pool(name)))) return undefined;
  }
  return records;
}

const switched = (pools: readonly PoolRecord[], { disabled }: { disabled: boolean }): Write<Owned>[] =>
  pools.map(({ pool, revision }) => {
    const { disabled: _, ...spec } = pool.spec;
    const changed = { ...pool, spec: disabled ? { ...spec, disabled } : spec };
    const value = Buffer.from(writeJson(ipPool.encode(changed)));
    return { put: 'calico', id: keyOf.pool(pool.metadata.name), value, expect: revision };
  });

async function releaseBlocks(network: Entry<'networks'>, { state, store }: Ippool): Promise<void> {
  const affinities = affinitiesIn(
    poolsOf(network, state).map(({ cidr }) => cidr),
    state,
  );
  for (const { cidr, block } of blocksOf(network, state)) {
    const host = hostOfBlock(block);
    if (host !== undefined) affinities.set(keyOf.affinity(host, cidr), { host, cidr });
  }
  const all = [...affinities.values()];
  for (let i = 0; i < all.length; i += BLOCKS_AT_ONCE) {
    const plan = new IpamPlan(new CalicoReader(state));
    for (const { host, cidr } of all.slice(i, i + BLOCKS_AT_ONCE)) plan.releaseAffinity(host, cidr);
    await store.commit({ writes: plan.changes().map(writeOf) });
  }
}

/** Every host's affinities inside some ranges, by id. */
function affinitiesIn(ranges: Cidr[], state: View): Map<string, { host: string; cidr: Cidr }> {
  const found = new Map<string, { host: string; cidr: Cidr }>();
  for (const { id } of state.list('calico', paths.hosts)) {
    const cidr = cidrOfKey(id);
    const host = id.slice(paths.hosts.length + 1).split('/')[0];
    if (host && cidr && ranges.some((range) => contains(range, cidr))) found.set(id, { host, cidr });
  }
  return found;
}

function deletions(network: Entry<'networks'>, { state, installation }: Ippool): Write<Owned>[] {
  const reader = new CalicoReader(state);
  const ids = network.value.pools.map(keyOf.pool);
  const profile = reader.profile(network.id).value;
  if (profile && isOurs(profile, installation)) ids.push(keyOf.profile(network.id));
  return ids
    .map((id) => ({ id, expect: reader.revisionOf(id) }))
    .filter(({ expect }) => expect !== 0)
    .map(({ id, expect }) => ({ delete: 'calico', id, expect }));
}
