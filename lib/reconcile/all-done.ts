/**
 * Waits for all, whatever becomes of each, so that nothing is under way when the next visit begins. Writes that are
 * committed in one turn share transactions.
 *
 * @throws what the first that failed threw
 */
export async function allDone(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
