import type { DockerCloudSpec } from '../../lib/records/index.ts';
import { type Entry, nameOf, type View } from '../../lib/store/index.ts';
import type { HostpoolContext } from './context.ts';
import type { CloudFacts, HostFacts } from './plan.ts';

/** All that a cloud's plan is made from, as the cache and this replica's probes and lists have it now. */
export function factsOf(
  cloud: string,
  spec: DockerCloudSpec,
  deletion: CloudFacts['deletion'],
  { state, tools, clock }: Pick<HostpoolContext, 'state' | 'tools' | 'clock'>,
): CloudFacts {
  const now = clock.monotonic();
  return {
    spec,
    deletion,
    hosts: state.list('hosts', cloud).map((entry): HostFacts => {
      const name = nameOf(entry);
      return {
        name,
        entry,
        record: entry.value,
        health: tools.probes.of(name),
        missing: tools.inventory.isMissing(cloud, name, now),
        assigned: () => state.list('assignments', name).length > 0,
        occupied: () => state.list('observed', name).length > 0 || state.list('endpoints', name).length > 0,
        tidy: () => state.list('observed', name).every((observed) => hasAssignment(observed, state)),
      };
    }),
    free(location) {
      const pool = tools.locations[location.driver].pool?.(location);
      return pool?.filter((machine) => !state.get('machineclaims', `${location.driver}/${machine}`));
    },
    now,
    rules: tools.rules,
  };
}

const hasAssignment = ({ id, value }: Entry<'observed'>, state: View): boolean =>
  state.get('assignments', id)?.value.uid === value.uid;
