import { type Context, controller } from '../../lib/reconcile/index.ts';
import { hostOf, type View } from '../../lib/store/index.ts';
import { reconcileCloud } from './cloud.ts';
import { type Owned, owns } from './context.ts';
import { reconcileHost } from './host.ts';
import { cloudOf, wakeOf } from './names.ts';
import type { HostpoolTools } from './tools.ts';
import { watchHosts } from './watch.ts';

export { createHostpoolTools, type HostpoolTools } from './tools.ts';

/**
 * Keeps Docker clouds at the size and in the shape declared: takes machines from a location, prepares them over SSH,
 * watches their health, and gives them back when nothing runs on them any more.
 *
 * Two kinds of keys: `<cloud>` decides, in milliseconds; `<cloud>/<host>` does what takes long.
 */
export const hostpool = controller({
  name: 'hostpool',
  owns,
  watches: {
    dockerclouds: ({ id }) => wakeOf(id),
    'accepted/dockerclouds': ({ id }, state) => cloudAndHosts(id, state),
    'status/dockerclouds': ({ id }, state) => (state.get('accepted/dockerclouds', id) ? undefined : wakeOf(id)),
    credentials: ({ id }, state) => cloudAndHosts(id, state),
    hosts: ({ id, value }) => [value.cloud, id],
    assignments: ifItMatters,
    observed: ifItMatters,
    endpoints: ifItMatters,
    // A machine that was given back is one for whoever waits for a machine there.
    machineclaims: ({ id }, state) => cloudsOn(id.slice(0, id.indexOf('/')), state),
    'accepted/applications': ({ value: { spec } }, state) =>
      state.get('accepted/dockerclouds', spec.location)?.value.deleting ? spec.location : undefined,
  },
  // Most wait for machines; a cloud's own key must never wait behind its hosts.
  workers: 256,
  timeout: 15 * 60_000,
  reconcile(key, context: Context<Owned, HostpoolTools>) {
    if (key.startsWith('/')) return reconcileCloud(key.slice(1), context);
    const [cloud = '', host] = key.split('/');
    return host === undefined ? reconcileCloud(cloud, context) : reconcileHost(cloud, host, context);
  },
  background: watchHosts,
});

const cloudAndHosts = (cloud: string, state: View): string[] => [
  cloud,
  ...state.list('hosts', cloud).map(({ id }) => id),
];

/** Clouds that take machines from such a location. */
const cloudsOn = (driver: string, state: View): string[] =>
  state
    .list('accepted/dockerclouds')
    .filter(({ value }) => value.spec.location.some((location) => location.driver === driver))
    .map(({ id }) => id);

/** What is on a host matters once it is to be emptied, and where there are more hosts than wanted when it becomes empty. */
function ifItMatters(onHost: { id: string }, state: View): string | undefined {
  const host = hostOf(onHost);
  const cloud = cloudOf(host);
  const record = state.get('hosts', `${cloud}/${host}`)?.value;
  if (!record) return undefined;
  return !record.schedulable || (isTooLarge(cloud, state) && isEmpty(host, state)) ? cloud : undefined;
}

function isTooLarge(cloud: string, state: View): boolean {
  const min = state.get('accepted/dockerclouds', cloud)?.value.spec.hosts.min;
  // Counted there once for each look at the cloud, and not here for each event.
  const total = state.get('status/dockerclouds', cloud)?.value.hosts.total ?? 0;
  return min !== undefined && total > min;
}

const isEmpty = (host: string, state: View): boolean =>
  (['assignments', 'observed', 'endpoints'] as const).every((kind) => state.list(kind, host).length === 0);
