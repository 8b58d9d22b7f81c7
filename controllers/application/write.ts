import type { ApplicationStatus, Condition, Observation } from '../../lib/records/index.ts';
import type { ApplicationContext } from './context.ts';

export interface StatusUpdate {
  /** Generation that `Ready` and `Progressing` speak of: the accepted one. */
  generation: number;
  phase: string;
  conditions: Observation[];
  containers: ApplicationStatus['containers'];
  /** What is said of the user's record as it stands, where there is one. */
  acceptance?: { generation: number; observed: Observation };
}

/** Merges into the status that stands; writes it only where it changed, and reports what turned. */
export async function writeStatus(id: string, context: ApplicationContext, update: StatusUpdate): Promise<void> {
  const { state, store } = context;
  const before = state.get('status/applications', id)?.value;
  const { acceptance } = update;
  const said = acceptance
    ? context.conditions(before?.conditions, [acceptance.observed], acceptance.generation)
    : before?.conditions;
  const conditions = context.conditions(said, update.conditions, update.generation);
  await store.put('status/applications', id, {
    observedGeneration: acceptance?.generation ?? update.generation,
    phase: update.phase,
    conditions,
    containers: update.containers,
  });
  report(`applications/${id}`, before?.conditions ?? [], conditions, context);
}

/** An event for each condition whose status turned, except `Progressing`, which says nothing of its own. */
function report(
  about: string,
  before: readonly Condition[],
  after: readonly Condition[],
  { event }: ApplicationContext,
): void {
  for (const { type, status, reason, message } of after) {
    const stood = before.find((condition) => condition.type === type);
    if (type === 'Progressing' || stood?.status === status) continue;
    // A first “not ready yet” is no news.
    if (type === 'Ready' && !stood && status !== 'True') continue;
    event(
      about,
      status === 'True' ? 'Normal' : 'Warning',
      status === 'True' ? type : reason,
      message || `${type} is ${status}`,
    );
  }
}
