/**
 * Host records that somebody deleted while their machines stand. A host is gone when it has neither a record nor a
 * machine; a machine with a use gets its record again, under its old name, and is made a host from there like every other.
 */

import { timestamp } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec, HostRecord, LocationSpec } from '../../lib/records/index.ts';
import type { Guard, View } from '../../lib/store/index.ts';
import type { HostpoolContext } from './context.ts';
import { byDriver } from './place.ts';

/** Stands for what a host was prepared for before its record was deleted: it can be lost, and is prepared at once. */
export const ADOPTED = 'adopted';

/** A host of which nothing is known but where its machine comes from. `now`: milliseconds since the epoch. */
export const newRecord = ({
  cloud,
  location,
  machineId,
  now,
}: Pick<HostRecord, 'cloud' | 'location' | 'machineId'> & { now: number }): HostRecord => ({
  ...{ cloud, phase: 'Provisioning', schedulable: false, drain: false, lost: false, gone: false },
  ...{ address: '', location, machineId, labels: {} },
  ...{ capacity: { cpus: 0, memory: 0 }, foreignPorts: [], agent: false, docker: { version: '' }, conditions: [] },
  createdAt: timestamp(now),
});

type AdoptContext = Pick<HostpoolContext, 'state' | 'store' | 'tools' | 'clock' | 'installation' | 'log' | 'event'>;

/**
 * Adopts what the locations of a cloud listed last or what is claimed for it. A listed machine that nothing is meant for,
 * or known to be on, is of no use to anybody: it is left to be ended.
 *
 * @throws BERTH_CONFLICT where a record appears meanwhile
 */
export async function adoptHosts(cloud: string, spec: DockerCloudSpec, context: AdoptContext): Promise<void> {
  const { state, tools } = context;
  for (const { host, id, driver } of tools.inventory.machines(cloud)) {
    const location = byDriver(spec).find((each) => each.driver === driver);
    if (location && !state.get('hosts', `${cloud}/${host}`) && isUsed(host, state))
      await adopt({ cloud, host, location, machineId: id, guards: [] }, context);
  }
  await adoptClaimed(cloud, spec, context);
}

/** Whether anything is meant for the host, or is known to be there. */
const isUsed = (host: string, state: View): boolean =>
  (['assignments', 'observed', 'endpoints'] as const).some((kind) => state.list(kind, host).length > 0);

/**
 * Machines of somebody else's carry no tags: their claims say whose they are. One that the record still names is adopted;
 * the claims of another go, since its owner has taken it away.
 *
 * @returns how many there were
 */
export async function adoptClaimed(cloud: string, spec: DockerCloudSpec, context: AdoptContext): Promise<number> {
  const { state, store, tools, installation } = context;
  const ownerless = new Map<string, string[]>();
  for (const { id, value } of state.list('machineclaims')) {
    const { cloud: of, host } = value;
    if (of === cloud && value.installation === installation && !state.get('hosts', `${cloud}/${host}`))
      ownerless.set(host, [...(ownerless.get(host) ?? []), id]);
  }
  for (const [host, claims] of ownerless) {
    const guards = claims.map((id): Guard => ({ unchanged: 'machineclaims', id }));
    const place = claims.flatMap((id) => placeOf(id, spec, tools.locations))[0];
    if (place) await adopt({ cloud, host, ...place, guards }, context);
    else if (!(await store.read('hosts', `${cloud}/${host}`)))
      await store.commit({ writes: claims.map((id) => ({ delete: 'machineclaims', id })) });
  }
  return ownerless.size;
}

/** The location whose machine is claimed by this id, `<driver>/<machine>`. */
function placeOf(
  claim: string,
  { location }: DockerCloudSpec,
  locations: HostpoolContext['tools']['locations'],
): { location: LocationSpec; machineId: string }[] {
  const slash = claim.indexOf('/');
  const [driver, machineId] = [claim.slice(0, slash), claim.slice(slash + 1)];
  return location
    .filter((each) => each.driver === driver && locations[each.driver].pool?.(each).includes(machineId))
    .map((each) => ({ location: each, machineId }));
}

async function adopt(
  {
    cloud,
    host,
    location,
    machineId,
    guards,
  }: { cloud: string; host: string; location: LocationSpec; machineId: string; guards: Guard[] },
  { store, clock, log, event }: AdoptContext,
): Promise<void> {
  const id = `${cloud}/${host}`;
  // The cache may be behind a leader before us; the store is not.
  if (await store.read('hosts', id)) return;
  log.info({ cloud, host }, 'a machine of ours has lost its host record; it gets one again');
  const record = newRecord({ cloud, location: location.text, machineId, now: clock.now() });
  await store.commit({ writes: [{ put: 'hosts', id, value: { ...record, prepared: ADOPTED }, expect: 0 }], guards });
  event(`hosts/${id}`, 'Warning', 'Adopted', 'its record was gone while its machine stands; it was made again');
}
