import { BerthError } from '../../../lib/errors/index.ts';
import { didYouMean, userKinds } from '../../../lib/schema/index.ts';
import { internalResources } from './internal.ts';
import type { Resource } from './resource.ts';
import { userResource } from './user.ts';

export { type Column, fullName, type Item, type PrintedObject, type Resource, type Scope } from './resource.ts';

/** Everything that `berth get` shows; first what users write. */
export const resources: readonly Resource[] = [...userKinds.map(userResource), ...internalResources];

/** What `berth get all` shows. */
const ALL = ['dockerclouds', 'hosts', 'applications', 'containers', 'networks'];
export const allResources: readonly Resource[] = resources.filter(({ plural }) => ALL.includes(plural));

/**
 * By plural, singular, kind or short name, in any case. A whole name counts before a short one.
 *
 * @throws BERTH_NOT_FOUND with the kinds that there are, and the one that was probably meant
 */
export function findResource(text: string): Resource {
  const wanted = text.toLowerCase();
  const found =
    resources.find(({ plural, singular, kind }) => [plural, singular, kind.toLowerCase()].includes(wanted)) ??
    resources.find(({ plural, shortNames }) => shortNames.includes(wanted) || MORE_NAMES[plural]?.includes(wanted));
  if (found) return found;
  throw new BerthError('BERTH_NOT_FOUND', 'no such kind', {
    found: JSON.stringify(text),
    expected: `one of ${kindNames().join(', ')}`,
    hint:
      didYouMean(
        wanted,
        resources.flatMap(({ plural, singular }) => [plural, singular]),
      ) ?? 'see `berth get --help`',
  });
}

/** Each kind with the short names that mean it: `containers (c, ct)`. The same in help and in errors. */
export const kindNames = (): string[] =>
  resources.map(({ plural, shortNames }) => {
    const short = shortNames.filter((name) => !resources.some(({ singular }) => singular === name));
    return short.length === 0 ? plural : `${plural} (${short.join(', ')})`;
  });

/** What people say besides the names of the schemas. */
const MORE_NAMES: Readonly<Record<string, readonly string[]>> = {
  dockerclouds: ['clouds', 'dcs'],
  applications: ['apps'],
};
