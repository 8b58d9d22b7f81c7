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
    // What is on a host matters once it is to be emptied, and to a cloud that is to go.
    assignments: unlessSchedulable,
    observed: unlessSchedulable,
    endpoints: unlessSchedulable,
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

function unlessSchedulable(onHost: { id: string }, state: View): string | undefined {
  const host = hostOf(onHost);
  const cloud = cloudOf(host);
  return state.get('hosts', `${cloud}/${host}`)?.value.schedulable === false ? cloud : undefined;
}
