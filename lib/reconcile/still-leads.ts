import type { Context } from './controller.ts';

/**
 * Whether we lead still, by the store itself. After a host has refused us this proves that the fence it holds is of no
 * later leader of this store, so of a history that was lost: a later one could not have come while we led. The store's
 * revision alone proves nothing: a leader that was stopped for a while has an old one, too.
 *
 * @throws BERTH_STORE_… when the store does not answer
 */
export async function stillLeads({
  state,
  store,
  fence,
}: Pick<Context<never, unknown>, 'state' | 'fence'> & {
  store: Pick<Context<never, unknown>['store'], 'read'>;
}): Promise<boolean> {
  const key = [state.get('leaders', fence.controller), ...state.list('leaders', fence.controller)].find(
    (entry) => entry?.createRevision === fence.revision,
  );
  if (!key) return false;
  const now = await store.read('leaders', key.id);
  return now?.createRevision === fence.revision;
}
