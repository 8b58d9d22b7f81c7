import { BerthError } from '../../lib/errors/index.ts';
import { closest } from '../../lib/schema/index.ts';
import { allResources, findResource, type Item, type Resource } from './resources/index.ts';

/** What a command line asks for: all of a kind, or some by name. */
export interface Selection {
  resource: Resource;
  /** Empty: all. */
  names: readonly string[];
}

/**
 * `KIND`, `KIND,KIND`, `KIND NAME…`, `KIND/NAME…`, and `all`, as kubectl has them.
 *
 * @throws BERTH_USAGE, BERTH_NOT_FOUND for a kind that does not exist
 */
export function parseSelections(args: readonly string[]): Selection[] {
  const [first, ...rest] = args;
  if (first === undefined) throw usage('a kind is missing', undefined, 'KIND, KIND NAME or KIND/NAME');
  if (first.includes('/')) {
    const names = new Map<Resource, string[]>();
    for (const arg of args) {
      const { resource, name } = parseSlashed(arg);
      names.set(resource, [...(names.get(resource) ?? []), name]);
    }
    return [...names].map(([resource, each]) => ({ resource, names: each }));
  }
  const kinds = first.split(',');
  if (kinds.length > 1 && rest.length > 0) throw usage('names do not go with several kinds', rest.join(' '));
  return kinds.flatMap((kind) => {
    if (kind !== 'all') return [{ resource: findResource(kind), names: rest }];
    if (rest.length > 0) throw usage('names do not go with all', rest.join(' '));
    return allResources.map((resource) => ({ resource, names: [] }));
  });
}

/** `app/shop`; what follows the first slash is the name, also where that has more of them. */
function parseSlashed(text: string): { resource: Resource; name: string } {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  if (slash <= 0 || name === '') throw usage('not KIND/NAME', text);
  return { resource: findResource(text.slice(0, slash)), name };
}

/** One thing, as `KIND NAME` or `KIND/NAME`. @throws BERTH_USAGE when it is none or several */
export function parseOne(args: readonly string[]): { resource: Resource; name: string } {
  const selections = parseSelections(args);
  const [selection] = selections;
  const [name] = selection?.names ?? [];
  if (!selection || selections.length > 1 || name === undefined || selection.names.length > 1)
    throw usage('one name is needed', args.join(' '), 'KIND NAME or KIND/NAME');
  return { resource: selection.resource, name };
}

/** Those of the name; else those within it: `shop` are all containers of the application. Empty: none. */
export function choose(items: readonly Item[], name: string): Item[] {
  const exact = items.filter((item) => item.name === name || item.id === name);
  return exact.length > 0 ? exact : items.filter((item) => item.name.startsWith(`${name}/`));
}

/** @returns what was chosen, in the order asked for, and an error for each name that nothing has */
export function chooseAll(
  items: readonly Item[],
  { resource, names }: Selection,
  namespace: string | undefined,
): { chosen: Item[]; missing: BerthError[] } {
  if (names.length === 0) return { chosen: [...items], missing: [] };
  const missing: BerthError[] = [];
  const chosen = names.flatMap((name) => {
    const found = choose(items, name);
    if (found.length === 0) missing.push(notFound(resource, name, { items, namespace }));
    return found;
  });
  return { chosen: [...new Set(chosen)], missing };
}

/** `applications "shpo" not found in namespace "default"; did you mean "shop"?` */
export function notFound(
  { plural, namespaced }: Pick<Resource, 'plural' | 'namespaced'>,
  name: string,
  { items, namespace }: { items: readonly Item[]; namespace: string | undefined },
): BerthError {
  const where = namespaced && namespace !== undefined ? ` in namespace ${JSON.stringify(namespace)}` : '';
  const names = items.map((item) => item.name);
  const near = closest(name, names) ?? names.find((each) => each.startsWith(name));
  return new BerthError('BERTH_NOT_FOUND', `${plural} ${JSON.stringify(name)} not found${where}`, {
    hint:
      near === undefined
        ? `see \`berth get ${plural}${namespaced ? ' -A' : ''}\``
        : `did you mean ${JSON.stringify(near)}?`,
  });
}

const usage = (message: string, found?: string, expected?: string): BerthError =>
  new BerthError('BERTH_USAGE', message, { found, expected });
