import type { Kind, Store, View } from '../store/index.ts';

/**
 * The store as one reconcile sees it: tells `written` the revision of each write, so that the key is not looked at
 * again before the cache shows them, and refuses to write once `signal` has aborted: a reconcile that was given up on
 * does not come back from the dead.
 */
export function recording<Owned extends Kind>(
  store: Store<Owned>,
  { state, signal, written }: { state: View; signal: AbortSignal; written: (revision: number) => void },
): Store<Owned> {
  const write = async (run: () => Promise<number>): Promise<number> => {
    signal.throwIfAborted();
    const before = state.revision;
    const revision = await run();
    // A unit without effect is not sent and answers what the cache shows: there is nothing to wait for.
    if (revision > before) written(revision);
    return revision;
  };
  return {
    commit: (unit) => write(() => store.commit(unit)),
    put: (kind, id, value, options) => write(() => store.put(kind, id, value, options)),
    delete: (kind, id, options) => write(() => store.delete(kind, id, options)),
    read: (kind, id) => store.read(kind, id),
  };
}
