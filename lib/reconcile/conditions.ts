import type { Condition, Observation } from '../records/index.ts';

/** RFC 3339 in UTC, whole seconds. @param ms since the epoch */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Merges observations into the conditions that stood there, by type. A time changes only with its status; a type not
 * observed now stays as it was; the generation is that of the record looked at.
 *
 * @param now milliseconds since the epoch
 * @returns `Ready` first, then by type: equal conditions make equal records
 */
export function mergeConditions(
  before: readonly Condition[] | undefined,
  observed: readonly Observation[],
  { now, generation }: { now: number; generation?: number | undefined },
): Condition[] {
  const merged = new Map(before?.map((condition) => [condition.type, condition]));
  for (const { type, status, reason, message } of observed) {
    const stood = merged.get(type);
    merged.set(type, {
      type,
      status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: stood?.status === status ? stood.lastTransitionTime : timestamp(now),
      reason,
      message,
    });
  }
  return [...merged.values()].sort(byType);
}

const byType = (a: Condition, b: Condition): number =>
  Number(b.type === 'Ready') - Number(a.type === 'Ready') || (a.type < b.type ? -1 : 1);

/**
 * The one summary condition of a record, `Ready`, from what was observed in the order of importance: the first that is
 * False says why not, else the first Unknown. Pass only types for which True is good.
 */
export function summarize(observed: readonly Observation[]): Observation {
  const worst =
    observed.find(({ status }) => status === 'False') ?? observed.find(({ status }) => status === 'Unknown');
  if (worst) return { ...worst, type: 'Ready' };
  if (observed.length === 0) return { type: 'Ready', status: 'Unknown', reason: 'NotObserved', message: '' };
  return { type: 'Ready', status: 'True', reason: 'Ready', message: '' };
}
