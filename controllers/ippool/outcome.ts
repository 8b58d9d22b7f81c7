import type { Result } from '../../lib/reconcile/index.ts';
import type { Observation } from '../../lib/records/index.ts';

/** What came of a visit to a network: what is said of it, and when to come again. */
export interface Outcome {
  observed: Observation[];
  result: Result;
}

export const say = (type: string, status: Observation['status'], reason: string, message: string): Observation => ({
  type,
  status,
  reason,
  message,
});

export const allocated = (message: string): Observation => say('Allocated', 'True', 'Allocated', message);
export const notAllocated = (reason: string, message: string): Observation =>
  say('Allocated', 'False', reason, message);
