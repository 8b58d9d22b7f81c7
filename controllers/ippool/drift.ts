/**
 * Workload endpoints that somebody changed or took away: Felix knows a container by nothing else. Whoever's change it is
 * comes as an event, as do our own writes: so each costs a comparison of revisions, of bytes where these differ, and only
 * what is wrong a visit.
 */

import { nameOf as calicoNameOf, ORCHESTRATOR, parseWorkloadEndpointName } from '../../lib/calico/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import { type Entry, hostOf, type View } from '../../lib/store/index.ts';
import { Batch, type Part } from './batch.ts';
import type { Ippool } from './context.ts';
import { isToGo, type Link } from './endpoints.ts';
import type { Origin } from './resources.ts';
import { isSound } from './sound.ts';
import { isSameWorkload, restoredWorkload, workloadEndpointId, workloadEndpointOf } from './workloads.ts';

/** Milliseconds for which one is wrong before it is set right: the cache may show it before its endpoint, or after. */
const WRONG_FOR = 500;

/** Keys of the endpoints that a workload endpoint is not, or no more, as they say. */
export function drifted({ id }: Entry<'calico'>, state: View): string[] {
  const name = parseWorkloadEndpointName(calicoNameOf(id));
  if (name?.orchestrator !== ORCHESTRATOR) return [];
  const landed = state.get('calico', id)?.modRevision;
  return state
    .by('endpoints', 'uid', name.workload)
    .filter(
      (endpoint) =>
        // What landed along with its endpoint says the same: that is nearly every one.
        endpoint.createRevision !== landed &&
        isSound(endpoint) &&
        !isToGo(endpoint, state) &&
        endpoint.value.interfaces.some((link) => link.name === name.endpoint && isWrong(endpoint, link, state)),
    )
    .map((endpoint) => `endpoint/${endpoint.id}`);
}

function isWrong(endpoint: Entry<'endpoints'>, link: Link, state: View): boolean {
  const host = hostOf(endpoint);
  const { uid } = endpoint.value;
  const found = state.get('calico', workloadEndpointId(host, uid, link.name));
  return !found || !isSameWorkload(workloadEndpointOf({ ...link, host, uid }, { now: 0 }), found);
}

/** The interfaces of an endpoint whose workload endpoints are not as they should be. */
export const wrongLinks = (endpoint: Entry<'endpoints'>, state: View): Link[] =>
  isSound(endpoint) ? endpoint.value.interfaces.filter((link) => isWrong(endpoint, link, state)) : [];

/** Makes a workload endpoint what it was; labels that others gave it stay. */
export function restoration(
  endpoint: Entry<'endpoints'>,
  link: Link,
  { state, origin }: { state: View; origin: Pick<Origin, 'now'> },
): Part {
  const made = workloadEndpointOf({ ...link, host: hostOf(endpoint), uid: endpoint.value.uid }, origin);
  const found = state.get('calico', made.id);
  const value = found ? restoredWorkload(made, found) : made.value;
  return {
    // The cache may be late with it: then this is refused.
    writes: [{ put: 'calico', id: made.id, value, expect: found?.modRevision ?? 0 }],
    guards: [{ unchanged: 'endpoints', id: endpoint.id, at: endpoint.modRevision }],
  };
}

/** Sets right the workload endpoints of one endpoint. */
export async function reconcileEndpoint(id: string, context: Ippool): Promise<Result> {
  const { state, store, clock, tools, event } = context;
  const endpoint = state.get('endpoints', id);
  const wrong = (endpoint ? wrongLinks(endpoint, state) : []).map((link) => ({ id: link.name, revision: 0, link }));
  const due = tools.suspects.review(`workloads of ${id}`, wrong, clock.monotonic(), WRONG_FOR);
  const batch = new Batch(state, store);
  for (const { link } of due) {
    if (!endpoint) break;
    await batch.add(() => restoration(endpoint, link, { state, origin: { now: clock.now() } }));
    event('networks', 'Warning', 'Repaired', `set right the workload endpoint of ${id}, ${link.name}`);
  }
  await batch.commit();
  return wrong.length > due.length ? { after: WRONG_FOR } : undefined;
}
