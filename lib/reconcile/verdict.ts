import { isCode } from '../errors/index.ts';
import type { Outcome } from '../metrics/index.ts';
import { type Result, RetryAfter, Terminal } from './controller.ts';

/** How a reconcile ended: it returned something, or it threw something. */
export type Ending = { result: Result } | { error: unknown };

/** What follows from how a reconcile ended. */
export interface Verdict {
  /** For the metric; absent: the reconcile does not count, it was ended from outside. */
  outcome?: Outcome;
  /** `rest`: until something changes. `retry`: rate-limited, after `most` milliseconds at most. */
  next: 'rest' | 'after' | 'retry';
  after?: number;
  most?: number;
  /**
   * `failure`: foreseen, tried again. `terminal`: not tried again. `defect`: what other languages call a panic.
   * `unled`: the lead is lost. Absent: nothing is wrong.
   */
  trouble?: 'failure' | 'terminal' | 'defect' | 'unled';
}

/** Milliseconds at most between retries where the reason goes away by itself: the key is read anew; the store is back. */
const CONFLICT_DELAY = 1000;
const UNAVAILABLE_DELAY = 30_000;

/** Decides when a key comes up again, and what is said about it. */
export function judge(ending: Ending): Verdict {
  if ('result' in ending) {
    const { result } = ending;
    if (!result) return { outcome: 'success', next: 'rest' };
    if ('after' in result) return { outcome: 'requeue_after', next: 'after', after: result.after };
    return { outcome: 'requeue', next: 'retry' };
  }
  const { error } = ending;
  if (isCode(error, 'BERTH_NOT_LEADER')) return { next: 'rest', trouble: 'unled' };
  if (isCode(error, 'BERTH_CONFLICT')) return { outcome: 'requeue', next: 'retry', most: CONFLICT_DELAY };
  if (error instanceof RetryAfter) return { ...judge({ error: error.cause }), next: 'after', after: error.after };
  if (error instanceof Terminal) return { outcome: 'error', next: 'rest', trouble: 'terminal' };
  if (isDefect(error)) return { outcome: 'error', next: 'retry', trouble: 'defect' };
  const most = isCode(error, 'BERTH_STORE_UNAVAILABLE') ? { most: UNAVAILABLE_DELAY } : {};
  return { outcome: 'error', next: 'retry', trouble: 'failure', ...most };
}

/** Not a failure that somebody foresaw. */
const isDefect = (error: unknown): boolean =>
  !(error instanceof Error) ||
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error.name === 'AssertionError' ||
  isCode(error, 'BERTH_INTERNAL', 'BERTH_NOT_OWNER', 'BERTH_STORE_INVALID');
