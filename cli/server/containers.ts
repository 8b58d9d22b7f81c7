import { BerthError } from '../../lib/errors/index.ts';
import type { HostLink } from '../../lib/machine/index.ts';
import type { View } from '../../lib/store/index.ts';
import type { FindContainer } from './http/containers.ts';

/**
 * Finds containers in what the container controllers observed.
 *
 * @param state   the records, once they are all read
 * @param linkTo  the way to a host
 */
export function findContainer(
  state: () => View | undefined,
  linkTo: (host: string, state: View) => Promise<HostLink>,
): FindContainer {
  return async (container) => {
    const view = state();
    if (!view) throw new BerthError('BERTH_STORE_UNAVAILABLE', 'the records are not all read yet');
    const found = view
      .by('observed', 'container', container)
      .filter(({ value }) => value.id !== '')
      // While one moves there are two: the one that runs is meant.
      .sort((a, b) => Number(b.value.state === 'running') - Number(a.value.state === 'running'))[0];
    if (found) {
      const host = found.id.slice(0, found.id.indexOf('/'));
      return { engine: (await linkTo(host, view)).engine, id: found.value.id };
    }
    const pending = view.get('pending', container)?.value.message;
    const wanted = view.get('containers', container) !== undefined;
    throw new BerthError('BERTH_NOT_FOUND', wanted ? 'the container is not made yet' : 'no such container', {
      place: `containers/${container}`,
      ...(pending !== undefined && { hint: pending }),
    });
  };
}
