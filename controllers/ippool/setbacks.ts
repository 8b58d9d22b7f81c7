import { isCode, messageOf } from '../../lib/errors/index.ts';
import type { Batch } from './batch.ts';

/** Something to be done for a host, along with others or by itself. */
export interface Task {
  /** The record that it is for, for events. */
  about: string;
  perform(batch: Batch): Promise<void>;
}

/** After so many visits in a row of which one failed, people are told. */
const TOLD_AFTER = 3;

/**
 * How often in a row the visits to a host have failed for what one of its tasks met. They are gathered into few
 * transactions, each of which lands as a whole: where that fails again, each goes by itself, and the bad one alone.
 */
export class Setbacks {
  readonly #visits = new Map<string, number>();

  /**
   * Carries out the tasks of a host.
   *
   * @param tell  is told of a task that keeps failing, and why
   * @throws what the last task that failed threw; the others are done, at the second visit at the latest
   */
  async carryOut(
    host: string,
    tasks: readonly Task[],
    { begin, tell }: { begin: () => Batch; tell: (about: string, why: string) => void },
  ): Promise<void> {
    const before = this.#visits.get(host) ?? 0;
    try {
      if (before === 0) await together(tasks, begin);
      else await singly(tasks, begin, (about, why) => before + 1 >= TOLD_AFTER && tell(about, why));
      this.#visits.delete(host);
    } catch (error) {
      if (isItsOwn(error)) this.#visits.set(host, before + 1);
      throw error;
    }
  }
}

async function together(tasks: readonly Task[], begin: () => Batch): Promise<void> {
  const batch = begin();
  for (const { perform } of tasks) await perform(batch);
  await batch.commit();
}

async function singly(
  tasks: readonly Task[],
  begin: () => Batch,
  failed: (about: string, why: string) => void,
): Promise<void> {
  let batch = begin();
  const errors: unknown[] = [];
  for (const { about, perform } of tasks) {
    try {
      await perform(batch);
      await batch.commit();
    } catch (error) {
      if (!isItsOwn(error)) throw error;
      errors.push(error);
      failed(about, messageOf(error));
      // What it planned is void. The next ones go by the cache, which may be late with what has just landed: then it is their turn later.
      batch = begin();
    }
  }
  if (errors.length > 0) throw errors.at(-1);
}

/** Whether a failure says something of what was written, and nothing of the store or of the lead. */
const isItsOwn = (error: unknown): boolean =>
  isCode(
    error,
    'BERTH_CONFLICT',
    'BERTH_TOO_LARGE',
    'BERTH_BAD_KEY',
    'BERTH_INVALID',
    'BERTH_SYNTAX',
    'BERTH_INTERNAL',
  );
