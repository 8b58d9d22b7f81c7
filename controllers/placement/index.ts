import { allDone, controller } from '../../lib/reconcile/index.ts';
import { containerOf, hostOf, nameOf, type View } from '../../lib/store/index.ts';
import { plan } from './plan.ts';

/** Decides which host each container runs on, reserves there at once, and says why where no host fits. */
export const placement = controller({
  name: 'placement',
  owns: ['assignments', 'pending'],
  // An event about any of these wakes the cloud that it belongs to: one serial cycle per cloud.
  watches: {
    'accepted/dockerclouds': ({ id }) => id,
    containers: ({ value }) => value.cloud,
    assignments: (assignment, state) => [assignment.value.cloud, ...cloudsOf(assignment, state)],
    hosts: (host, state) => [host.value.cloud, ...cloudsLeavingFrom(nameOf(host), state)],
    networks: ({ value }, state) => (value.cloud === '' ? everyCloud(state) : value.cloud),
    observed: (observed, state) => cloudsOf(observed, state),
    endpoints: (endpoint, state) => cloudsOf(endpoint, state),
  },
  async reconcile(cloud, { state, store, clock, random }) {
    const { units, recheck } = plan(cloud, state, { random, now: clock.now() });
    // All are tried, whatever becomes of their neighbours; the first that failed decides how this one is tried again.
    await allDone(units.map((unit) => store.commit(unit)));
    return recheck === undefined ? undefined : { after: recheck };
  },
});

/** That of the host, and that of the container, which waits in another cloud until it is gone from this one. */
function cloudsOf(onHost: { id: string }, state: View): string[] {
  const host = state.by('hosts', 'name', hostOf(onHost))[0];
  const container = state.get('containers', containerOf(onHost));
  return [host, container].flatMap((each) => each?.value.cloud ?? []);
}

/** Those of what is still there: a container that moved to another cloud waits until it is gone from here, or its host is. */
const cloudsLeavingFrom = (host: string, state: View): Set<string> =>
  new Set(
    state
      .list('observed', host)
      .flatMap((observed) => state.get('containers', containerOf(observed))?.value.cloud ?? []),
  );

const everyCloud = (state: View): string[] => state.list('accepted/dockerclouds').map(({ id }) => id);
