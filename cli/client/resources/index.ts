import { BerthError } from '../../../lib/errors/index.ts';
import { didYouMean, isUserKind, type UserKind, userKinds } from '../../../lib/schema/index.ts';
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
export function findResource(text: string, among: readonly Resource[] = resources): Resource {
  const wanted = text.toLowerCase();
  const found =
    among.find(({ plural, singular, kind }) => [plural, singular, kind.toLowerCase()].includes(wanted)) ??
    among.find(({ plural, shortNames }) => shortNames.includes(wanted) || MORE_NAMES[plural]?.includes(wanted));
  if (found) return found;
  throw new BerthError('BERTH_NOT_FOUND', 'no such kind', {
    found: JSON.stringify(text),
    expected: `one of ${kindNames(among).join(', ')}`,
    hint:
      didYouMean(
        wanted,
        among.flatMap(({ plural, singular }) => [plural, singular]),
      ) ?? 'see `berth get --help`',
  });
}

/** Each kind with the short names that mean it: `containers (c, ct)`. The same in help and in errors. */
export const kindNames = (among: readonly Resource[] = resources): string[] =>
  among.map(({ plural, shortNames }) => {
    const short = shortNames.filter((name) => !among.some(({ singular }) => singular === name));
    return short.length === 0 ? plural : `${plural} (${short.join(', ')})`;
  });

/** What people say besides the names of the schemas. */
const MORE_NAMES: Readonly<Record<string, readonly string[]>> = {
  dockerclouds: ['clouds', 'dcs'],
  applications: ['apps'],
};

/** Only what users write. @throws BERTH_NOT_FOUND */
export function findUserKind(text: string): UserKind {
  const { plural } = findResource(
    text,
    resources.filter((resource) => isUserKind(resource.plural)),
  );
  if (!isUserKind(plural)) throw new BerthError('BERTH_INTERNAL', 'a kind of its own', { found: plural });
  return plural;
}
