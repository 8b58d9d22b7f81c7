import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../lib/errors/index.ts';

export interface Patience {
  /** Milliseconds until it gives up. Default two minutes. */
  ms?: number;
  /** Milliseconds between two looks. */
  every?: number;
  /** What to say of the state it gave up in. */
  explain?: () => unknown;
}

/**
 * Waits until a look at the world answers something other than `undefined` and `false`; what a look throws counts as
 * not yet.
 *
 * @returns what it answered
 * @throws when the deadline passes, with the last error and the explanation
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { ms = 120_000, every = 100, explain }: Patience = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + ms;
  for (;;) {
    let failure = '';
    try {
      const seen = await look();
      if (isSomething(seen)) return seen;
    } catch (error) {
      failure = `: ${messageOf(error)}`;
    }
    if (performance.now() > deadline) {
      const state = explain ? `\n${JSON.stringify(await explain(), null, 2)}` : '';
      throw new Error(`waited ${ms / 1000} s in vain for ${what}${failure}${state}`);
    }
    await pause(every);
  }
}

const isSomething = <T>(seen: T): seen is Exclude<T, undefined | false> => seen !== undefined && seen !== false;
