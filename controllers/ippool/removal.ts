import { CalicoReader, type IPPoolSpec, ipPool, keyOf, type Resource } from '../../lib/calico/index.ts';
import type { Entry, View, Write } from '../../lib/store/index.ts';
import { few } from './accept.ts';
import { AddressSpace, rangesIn } from './address-space.ts';
import { attachedTo, handlesIn } from './attached.ts';
import type { Ippool, Owned } from './context.ts';
import { Membership } from './membership.ts';
import { type Outcome, say } from './outcome.ts';
import { DISABLED_FOR, releaseBlocks } from './releases.ts';
import { isOurs } from './resources.ts';

/** Milliseconds between looks at a network that somebody else still uses. */
const IN_USE = 5000;

/**
 * Takes a network back in Calico's safe order, a step a visit: nothing uses it any more → its pools are disabled →
 * others have noticed → its blocks and affinities go → pools, profile and the network's own record go together.
 */
export async function removeNetwork(network: Entry<'networks'>, context: Ippool): Promise<Outcome> {
  const { state, store, clock } = context;
  const { users, holding, joining } = usersOf(network, state);
  const { deleting } = network.value;
  // Whoever comes when it is going gets no address here any more, but in the next one of its name: they are not waited for.
  if (holding || (joining && !deleting)) {
    // Somebody was attached just before its pools were disabled: it stays, for those who join as well.
    if (deleting && joining) await restore(network, context);
    return { observed: [going('InUse', `waits for ${few(users())}`)], result: { after: IN_USE } };
  }

  const pools = await poolRecords(network, context);
  if (!pools) return { observed: [], result: { soon: true } };
  const observed = [going('ReleasingBlocks', 'its addresses are given back')];
  // Once the cache shows a pool disabled, it shows every address that was given out before, and no more can follow.
  if (!deleting || pools.some(({ pool }) => !pool.spec.disabled)) {
    const value = { ...network.value, deleting: new Date(clock.now()).toISOString() };
    const record: Write<Owned> = { put: 'networks', id: network.id, value, expect: network.modRevision };
    await store.commit({ writes: [record, ...switched(pools, { disabled: true })] });
    return { observed, result: { after: DISABLED_FOR } };
  }
  // The wall clock may jump; a wait is never longer than it would have been.
  const left = DISABLED_FOR - Math.abs(clock.now() - Date.parse(deleting));
  if (left > 0) return { observed, result: { after: left } };

  await releaseBlocks(rangesIn(network.value), context);
  await store.commit({
    writes: [{ delete: 'networks', id: network.id, expect: network.modRevision }, ...deletions(network, context)],
  });
  return { observed, result: undefined };
}

const going = (reason: string, message: string) => say('Deleting', 'True', reason, message);

/** The network is wanted again before it was gone: it goes on as it was. */
export async function restore(network: Entry<'networks'>, context: Ippool): Promise<Outcome> {
  const pools = await poolRecords(network, context);
  if (!pools) return { observed: [], result: { soon: true } };
  const { deleting: _, ...value } = network.value;
  const record: Write<Owned> = { put: 'networks', id: network.id, value, expect: network.modRevision };
  await context.store.commit({ writes: [record, ...switched(pools, { disabled: false })] });
  return { observed: [], result: undefined };
}

/** Who keeps a network from going: whoever has an address in it, and containers that are to join it. */
function usersOf(network: Entry<'networks'>, state: View): { holding: boolean; joining: boolean; users(): string[] } {
  const { id, value } = network;
  const members = Membership.of(state);
  // Of an application, only those of the very application that the network was made for.
  const joining = members.containersOn(id).some((each) => isOwn(each, value, state));
  const attached = members.hasEndpoints(id);
  const holding = attached || value.pools.some((pool) => AddressSpace.of(state).usedIn(pool) > 0);
  const users = () => (joining || attached ? attachedTo(id, state) : handlesIn(rangesIn(value), state));
  return { holding, joining, users };
}

const isOwn = (container: string, network: Entry<'networks'>['value'], state: View): boolean =>
  network.cloud === '' || state.get('containers', container)?.value.uid === network.uid;

interface PoolRecord {
  pool: Resource<IPPoolSpec>;
  revision: number;
}

/** @returns the pools that there are; undefined when the cache does not show one yet */
async function poolRecords(
  network: Entry<'networks'>,
  { state, store, installation }: Ippool,
): Promise<PoolRecord[] | undefined> {
  const reader = new CalicoReader(state);
  const records: PoolRecord[] = [];
  for (const name of network.value.pools) {
    const { value: pool, revision } = reader.pool(name);
    if (pool) {
      if (isOurs(pool, installation)) records.push({ pool, revision });
    } else if (revision === 0 && (await store.read('calico', keyOf.pool(name)))) return undefined;
  }
  return records;
}

const switched = (pools: readonly PoolRecord[], { disabled }: { disabled: boolean }): Write<Owned>[] =>
  pools.map(({ pool, revision }) => {
    const { disabled: _, ...spec } = pool.spec;
    const changed = { ...pool, spec: disabled ? { ...spec, disabled } : spec };
    const value = Buffer.from(ipPool.write(changed));
    return { put: 'calico', id: keyOf.pool(pool.metadata.name), value, expect: revision };
  });

function deletions(network: Entry<'networks'>, { state, installation }: Ippool): Write<Owned>[] {
  const reader = new CalicoReader(state);
  const found = [
    ...network.value.pools.map((name) => ({ id: keyOf.pool(name), record: reader.pool(name).value })),
    { id: keyOf.profile(network.id), record: reader.profile(network.id).value },
    { id: keyOf.ipReservation(network.id), record: reader.ipReservation(network.id).value },
  ];
  return found
    .filter(({ record }) => record !== undefined && isOurs(record, installation))
    .map(({ id }) => ({ delete: 'calico', id, expect: reader.revisionOf(id) }));
}
