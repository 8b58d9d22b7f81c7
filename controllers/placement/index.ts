import { allDone, controller } from '../../lib/reconcile/index.ts';
import { hostOf, type View } from '../../lib/store/index.ts';
import { plan } from './plan.ts';

/** Decides which host each container runs on, reserves there at once, and says why where no host fits. */
export const placement = controller({
  name: 'placement',
  owns: ['assignments', 'pending'],
  // An event about any of these wakes the cloud that it belongs to: one serial cycle per cloud.
  watches: {
    'accepted/dockerclouds': ({ id }) => id,
    containers: ({ value }) => value.cloud,
    assignments: ({ value }) => value.cloud,
    hosts: ({ value }) => value.cloud,
    networks: ({ value }) => value.cloud,
    observed: (observed, state) => cloudOf(hostOf(observed), state),
    endpoints: (endpoint, state) => cloudOf(hostOf(endpoint), state),
  },
  async reconcile(cloud, { state, store, clock, random }) {
    const { units, recheck } = plan(cloud, state, { random, now: clock.now() });
    // All are tried, whatever becomes of their neighbours; the first that failed decides how this one is tried again.
    await allDone(units.map((unit) => store.commit(unit)));
    return recheck === undefined ? undefined : { after: recheck };
  },
});

const cloudOf = (host: string, state: View): string | undefined => state.by('hosts', 'name', host)[0]?.value.cloud;
