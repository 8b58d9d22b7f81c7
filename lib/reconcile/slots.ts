import { createHash } from 'node:crypto';
import type { Cache, View } from '../store/index.ts';

import { aborter } from './signals.ts';

/** One share of a controller's keys. */
export interface Slot {
  name: string;
  /** Whether a key belongs to it. */
  holds(key: string): boolean;
}

/**
 * Which of the live replicas should have a lead that is one of many: the one whose hash with it is highest (rendezvous
 * hashing, Thaler and Ravishankar 1996). Every replica comes to the same answer alone, and one that joins or goes moves
 * only its own share.
 *
 * @param lead  `container/3`
 * @returns     undefined when no live replica would lead it
 */
export function favourite(lead: string, state: View): string | undefined {
  let best: { replica: string; weight: string } | undefined;
  for (const { id: replica, value } of state.list('members')) {
    if (!value.leads.includes(lead)) continue;
    const weight = createHash('sha256').update(`${lead}\n${replica}`).digest('hex');
    if (!best || weight > best.weight) best = { replica, weight };
  }
  return best?.replica;
}

/**
 * Calls `work` whenever this replica should have the lead, with a signal that aborts when another one should: a replica
 * that joins is given its share in order. Until `stopping` aborts.
 */
export async function whileFavourite(
  { lead, identity, cache }: { lead: string; identity: string; cache: Cache },
  work: (signal: AbortSignal) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  let turn = aborter();
  let wake = () => {};
  const look = () => {
    if (favourite(lead, cache) === identity) wake();
    else turn.abort(new Error('another replica should lead here'));
  };
  const unsubscribe = cache.subscribe((changes) => {
    if (changes.some(({ kind }) => kind === 'members')) look();
  });
  const stop = () => {
    turn.abort(stopping.reason);
    wake();
  };
  stopping.addEventListener('abort', stop, { once: true });
  try {
    while (!stopping.aborted) {
      const called = new Promise<void>((resolve) => {
        wake = resolve;
      });
      look();
      await called;
      if (stopping.aborted) return;
      turn = aborter();
      look();
      await work(turn.signal);
    }
  } finally {
    unsubscribe();
    stopping.removeEventListener('abort', stop);
  }
}
