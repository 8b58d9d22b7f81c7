import type { Cache, Change, Entry, Kind, View } from '../../lib/store/index.ts';
import { isSound } from './sound.ts';

/** What is worked out of records, kept true change by change. */
export interface Follower {
  apply(change: Change): void;
}

/**
 * One for each view: made when it is first asked for, of all there is of these kinds, in their order; that of a cache is
 * told of each change from then on, so that one more record costs the same beside ten thousand.
 */
export function following<T extends Follower>(kinds: readonly Kind[], make: (view: View) => T): (view: View) => T {
  const made = new WeakMap<View, T>();
  return (view) => {
    const known = made.get(view);
    if (known) return known;
    const follower = make(view);
    for (const kind of kinds) for (const entry of view.list(kind)) tell(follower, { kind, id: entry.id, after: entry });
    if (isCache(view)) {
      made.set(view, follower);
      view.subscribe((changes) => {
        for (const change of changes) tell(follower, change);
      });
    }
    return follower;
  };
}

/** A record that is not sound counts as absent. */
function tell(follower: Follower, change: Change): void {
  const { kind, id, before, after } = change;
  if (isBroken(before) || isBroken(after))
    follower.apply({
      ...{ kind, id },
      ...(before && isSound(before) && { before }),
      ...(after && isSound(after) && { after }),
    });
  else follower.apply(change);
}

const isBroken = (entry: Entry | undefined): boolean => entry !== undefined && !isSound(entry);

export const isA = <K extends Kind>(kind: K, entry: Entry): entry is Entry<K> => entry.kind === kind;

const isCache = (view: View): view is Cache => 'subscribe' in view;
