import { BerthError } from '../../lib/errors/index.ts';
import { closest } from '../../lib/schema/index.ts';
import type { Read, State } from './reading.ts';
import { type ContainerView, containersOf } from './resources/containers.ts';

/**
 * The containers that a name means in a namespace: `shop/web-0` a container, `shop/web` those of a service, `shop` all of
 * an application; each also with its kind before it (`container/shop/web-0`, `app/shop`).
 *
 * @throws BERTH_NOT_FOUND, with what was probably meant
 */
export function containersNamed(state: State, name: string, namespace: string): ContainerView[] {
  const all = containersOf(state).filter((container) => container.namespace === namespace);
  const bare = name.replace(/^(containers?|ct?|applications?|apps?)\/(?=.)/, '');
  for (const wanted of new Set([name, bare])) {
    const found = all.filter((container) => means(wanted, container));
    if (found.length > 0) return found;
  }
  const near = closest(
    bare,
    all.flatMap((container) => [container.name, appOf(container)]),
  );
  throw new BerthError(
    'BERTH_NOT_FOUND',
    `no container ${JSON.stringify(bare)} in namespace ${JSON.stringify(namespace)}`,
    {
      hint: near === undefined ? 'see `berth get containers -A`' : `did you mean ${JSON.stringify(near)}?`,
    },
  );
}

function means(name: string, container: ContainerView): boolean {
  const app = appOf(container);
  return name === container.name || name === app || name === `${app}/${serviceOf(container)}`;
}

const appOf = ({ name }: ContainerView): string => name.slice(0, name.indexOf('/'));

/** Its record says; one that is not wanted any more is called `<service>-<n>`. */
const serviceOf = ({ wanted, name }: ContainerView): string =>
  wanted?.service ?? name.slice(name.indexOf('/') + 1).replace(/-\d+$/, '');

/** What is read to find containers, and the way to them. */
export const containerReads = (namespace: string): Read[] => [
  { kind: 'containers', under: namespace },
  { kind: 'assignments' },
  { kind: 'observed' },
  { kind: 'members' },
];
