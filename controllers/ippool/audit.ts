import { tryParseCidr } from '../../lib/addresses/index.ts';
import { CalicoReader, nameOf as calicoNameOf, type HeldAddress, ipPool, keyOf } from '../../lib/calico/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { Guard } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import { Batch } from './batch.ts';
import type { Ippool } from './context.ts';
import { restoration, wrongLinks } from './drift.ts';
import { type Orphan, orphanHandles, orphanResources, orphansInBlocks, orphanWorkloads } from './orphans.ts';
import { releaseBlocks } from './releases.ts';
import { networkOfResource } from './resources.ts';
import { isSound, soundKinds } from './sound.ts';

/** Milliseconds between two looks. */
const EVERY = 5 * 60_000;
/** Milliseconds until the next step of a pool that is on its way out. */
const NEXT_STEP = 1000;

/**
 * Looks for what belongs to nobody, and frees it after a time of grace: addresses, handles and endpoints of containers
 * that are gone, pools and profiles of networks that are gone. Sets right workload endpoints that somebody changed.
 * The blocks and the nodes of hosts that are gone are given back by those hosts' own visits.
 */
export async function reconcileAudit(context: Ippool): Promise<Result> {
  const { state, installation, clock, tools } = context;
  const now = clock.monotonic();
  const due = <T extends Orphan>(scope: string, found: readonly T[]) => tools.suspects.review(scope, found, now);
  const { lost, empty } = orphansInBlocks(state, installation);
  const { pools, others } = orphanResources(state, installation);
  const going = {
    handles: due('handles', orphanHandles(state, installation)),
    workloads: due('workloads', orphanWorkloads(state, installation)),
    lost: due('lost', lost),
    empty: due('empty', empty),
    pools: due('pools', pools),
    others: due('others', others),
  };
  const batch = new Batch(state, context.store);
  for (const { id } of going.handles) await free(batch, calicoNameOf(id), []);
  for (const { handle, addresses } of going.lost) await free(batch, handle, addresses);
  for (const { id, revision } of [...going.workloads, ...going.empty, ...going.others])
    await batch.add(() => ({ writes: [{ delete: 'calico', id, expect: revision }], guards: [] }));
  await restoreWorkloads(batch, context);
  await batch.commit();
  for (const [what, found] of Object.entries(going)) {
    if (found.length === 0) continue;
    const names = found.slice(0, 3).map(({ id }) => id);
    context.event(
      'networks',
      'Warning',
      'Repaired',
      `freed ${found.length} ${what} that belonged to nobody: ${names.join(', ')}`,
    );
  }
  tellUnsound(context);
  const steps = await Promise.all(going.pools.map(({ id }) => removePool(calicoNameOf(id), context)));
  return { after: steps.some((more) => more) ? NEXT_STEP : EVERY };
}

function tellUnsound({ state, event }: Ippool): void {
  for (const kind of soundKinds) {
    const found = state.list(kind).filter((entry) => !isSound(entry));
    const names = found.slice(0, 3).map(({ id }) => `${kind}/${id}`);
    const message = `no record of berth's, counts as absent: ${names.join(', ')}; delete it`;
    if (found.length > 0) event('networks', 'Warning', 'Malformed', message);
  }
}

const free = (batch: Batch, handle: string, addresses: readonly HeldAddress[]): Promise<void> =>
  batch.add(() => {
    batch.plan.release(handle, addresses);
    return { writes: [], guards: [] };
  });

/** Those that an event was missed of. */
async function restoreWorkloads(batch: Batch, { state, clock, event }: Ippool): Promise<void> {
  const origin = { now: clock.now() };
  for (const endpoint of state.list('endpoints')) {
    for (const link of wrongLinks(endpoint, state)) {
      await batch.add(() => restoration(endpoint, link, { state, origin }));
      event('networks', 'Warning', 'Repaired', `set right the workload endpoint of ${endpoint.id}, ${link.name}`);
    }
  }
}

/**
 * Takes away a pool whose network is gone, in Calico's safe order, a step a look.
 *
 * @returns whether there is another step to take
 */
async function removePool(name: string, context: Ippool): Promise<boolean> {
  const { state, store } = context;
  const { value: pool, revision } = new CalicoReader(state).pool(name);
  const range = pool && tryParseCidr(pool.spec.cidr);
  if (!pool || !range || AddressSpace.of(state).usedIn(name) > 0) return false;
  const id = keyOf.pool(name);
  // Whose network is wanted again gets it back with the pool.
  const guards: Guard[] = [{ absent: 'networks', id: networkOfResource(pool) ?? name }];
  if (!pool.spec.disabled) {
    const value = Buffer.from(ipPool.write({ ...pool, spec: { ...pool.spec, disabled: true } }));
    await store.commit({ writes: [{ put: 'calico', id, value, expect: revision }], guards });
    return true;
  }
  await releaseBlocks([range], context);
  await store.commit({ writes: [{ delete: 'calico', id, expect: revision }], guards });
  return false;
}
