/**
 * What a user took back goes in order: containers, then (with the others' help) what ran, then the networks' claims, the networks,
 * and at last `status/` and `accepted/`, whose absence says that nothing is left (design §1.3, deletion).
 *
 * Why nothing can appear behind our back: placement compares the container's record when it assigns, ippool the assignment when
 * it gives addresses, the container controller both before it acts. So once the cache shows a revision without containers
 * and without any of these, there will be none. What we wrote ourselves is compared in the last transaction.
 */

import { DEFAULT_NETWORK, networkName, ownNetworks } from '../../lib/blueprint/index.ts';
import { allDone, timestamp } from '../../lib/reconcile/index.ts';
import type { Observation } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import type { ApplicationContext } from './context.ts';
import { lostHostsOf, type Remnants, remnantsOf } from './snapshot.ts';
import { few } from './status.ts';
import { writeStatus } from './write.ts';

/** What is left of an application, counted. */
export type Left = { containers: number; entities: number } & Remnants;

/** Takes the next step of a deletion. Every change of what is left brings us back. */
export async function remove(
  id: string,
  accepted: Entry<'accepted/applications'>,
  context: ApplicationContext,
): Promise<void> {
  const { store, clock, event } = context;
  if (accepted.value.deleting === undefined) {
    const value = { ...accepted.value, deleting: timestamp(clock.now()) };
    await store.commit({ writes: [{ put: 'accepted/applications', id, value, expect: accepted.modRevision }] });
    event(`applications/${id}`, 'Normal', 'Deleting', 'its containers are removed');
  }
  const left = await withdraw(id, context);
  if (Object.values(left).every((count) => count === 0)) return finish(id, accepted, context);
  await writeStatus(id, context, {
    generation: accepted.value.generation,
    phase: 'Deleting',
    conditions: withdrawing('Deleting', left, lostHostsOf(id, context.state)),
    containers: { wanted: 0, assigned: left.assignments, running: left.observed },
  });
}

/**
 * Takes back all that was written for an application but its own record: containers and entities first, the claims of its
 * networks once nothing runs any more.
 *
 * @returns what was left when it looked; all zero when nothing is
 */
export async function withdraw(id: string, { state, store }: ApplicationContext): Promise<Left> {
  const containers = state.list('containers', id);
  const entities = state.list('entities', id);
  const own = [...containers, ...entities];
  const claims = state.list('networkclaims', id);
  const remnants = remnantsOf(id, state);
  const isRunning = remnants.assignments + remnants.observed + remnants.endpoints > 0;
  const going = own.length > 0 ? own : isRunning ? [] : claims;
  await allDone(
    going.map(({ kind, id: key, modRevision }) =>
      store.commit({ writes: [{ delete: kind, id: key, expect: modRevision }] }),
    ),
  );
  const networks = Math.max(remnants.networks, claims.length);
  return { containers: containers.length, entities: entities.length, ...remnants, networks };
}

/** The last transaction: only if nothing of ours is left, nor a network, `status/` and `accepted/` go together. */
async function finish(
  id: string,
  accepted: Entry<'accepted/applications'>,
  { state, store, event }: ApplicationContext,
): Promise<void> {
  const [namespace = '', app = ''] = id.split('/');
  const networks = new Set([DEFAULT_NETWORK, ...ownNetworks(accepted.value.spec).keys()]);
  await store.commit({
    writes: [
      { delete: 'accepted/applications', id, expect: state.get('accepted/applications', id)?.modRevision ?? 0 },
      { delete: 'status/applications', id },
    ],
    guards: [
      { empty: 'containers', under: id },
      { empty: 'networkclaims', under: id },
      { empty: 'entities', under: id },
      ...[...networks].map((name) => ({ absent: 'networks', id: networkName(namespace, app, name) }) as const),
    ],
  });
  event(`applications/${id}`, 'Normal', 'Deleted', 'nothing is left of it');
}

/**
 * `Ready` and `Progressing` while something is taken back.
 *
 * @param lost hosts that something is left on, and that cannot be asked: until they are back, or given up, it stays
 */
export function withdrawing(reason: string, left: Left, lost: readonly string[]): Observation[] {
  const parts = Object.entries(left).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  const message = [
    ...few(lost.map((host) => `waits for host ${host}, which is lost`)),
    ...(parts.length > 0 ? [`left: ${parts.join(', ')}`] : []),
  ].join('; ');
  return [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'Progressing', status: parts.length > 0 ? 'True' : 'False', reason, message },
  ];
}
