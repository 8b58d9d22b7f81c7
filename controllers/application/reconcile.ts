/** One application: accept what the user wrote, plan, write what is missing, say how it is. */

import { plan } from '../../lib/blueprint/index.ts';
import { type BerthError, isCode, reasonOf } from '../../lib/errors/index.ts';
import { allDone, type Result } from '../../lib/reconcile/index.ts';
import type { Accepted, ApplicationSpec } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { accept, acceptance, judge, type Verdict } from './accept.ts';
import type { ApplicationContext } from './context.ts';
import { remove, withdraw, withdrawing } from './deletion.ts';
import { lostHostsOf, snapshotOf } from './snapshot.ts';
import { type Assessment, assess } from './status.ts';
import { writeStatus } from './write.ts';

/** Milliseconds until a network that containers wait for is looked at without news of it. */
const NETWORK_RETRY = 10_000;

/** @param id `<namespace>/<name>` */
export async function reconcileApplication(id: string, context: ApplicationContext): Promise<Result> {
  const { state, store } = context;
  const written = state.get('applications', id);
  const accepted = state.get('accepted/applications', id);
  // Deleted, or deleted and put again: what the old one made goes first, and the new one waits.
  if (accepted && (accepted.value.deleting !== undefined || accepted.value.uid !== written?.createRevision)) {
    await remove(id, accepted, context);
    return undefined;
  }
  if (!written) {
    await store.delete('status/applications', id);
    return undefined;
  }
  let verdict = judge(id, written.value);
  let standing = accepted?.value;
  if (verdict.ok) {
    const { spec } = verdict;
    const outcome = await unlessTooLarge(() => accept(id, written, spec, context));
    if (outcome.ok) standing = outcome.value;
    else verdict = { ok: false, errors: [outcome.error] };
  }
  if (standing) return deploy(id, standing, written, verdict, context);
  await refuse(id, written, verdict, context);
  return undefined;
}

/** Brings the accepted spec about, by the next step of its plan. An invalid record beside it changes nothing that runs. */
async function deploy(
  id: string,
  accepted: Accepted<ApplicationSpec>,
  written: Entry<'applications'>,
  verdict: Verdict<ApplicationSpec>,
  context: ApplicationContext,
): Promise<Result> {
  const { state, store } = context;
  const { spec, generation } = accepted;
  const about = { generation: written.modRevision, observed: acceptance(verdict) };
  const record = state.get('accepted/dockerclouds', spec.location)?.value;
  const cloud = !record ? 'missing' : record.deleting === undefined ? 'accepted' : 'deleting';
  if (record && cloud === 'deleting' && record.spec.deletion === 'cascade') {
    const left = await withdraw(id, context);
    const containers = { wanted: 0, assigned: left.assignments, running: left.observed };
    const conditions = withdrawing('CloudDeleting', left, lostHostsOf(id, state));
    const update = { generation, phase: 'Pending', conditions, containers, acceptance: about };
    await writeStatus(id, context, update);
    return undefined;
  }
  const snapshot = snapshotOf(id, accepted, state);
  const next = plan(spec, snapshot, { cloud });
  const hasRun = ranBefore(id, generation, context);
  // Every write compares its own key and the leader's: one worker of one leader plans an application, so that needs no
  // further guard. What others may have changed meanwhile (an address, a state) wakes us again.
  const outcome = await unlessTooLarge(() => allDone(next.units.map((unit) => store.commit(unit))));
  const assessment = assess({ spec, snapshot, plan: next, cloud, hasRun });
  await writeStatus(id, context, {
    generation,
    ...(outcome.ok ? assessment : tooLarge(assessment, outcome.error)),
    acceptance: about,
  });
  return next.held.size > 0 ? { after: NETWORK_RETRY } : undefined;
}

/** A record grows with its defaults and links: only the store knows when it is too much, and trying again does not help. */
async function unlessTooLarge<T>(
  write: () => Promise<T>,
): Promise<{ ok: true; value: T } | { ok: false; error: BerthError }> {
  try {
    return { ok: true, value: await write() };
  } catch (error) {
    if (isCode(error, 'BERTH_TOO_LARGE')) return { ok: false, error };
    throw error;
  }
}

const tooLarge = (assessment: Assessment, { code, message }: BerthError): Assessment => ({
  ...assessment,
  phase: 'Failed',
  conditions: assessment.conditions.map(({ type }) => ({ type, status: 'False', reason: reasonOf(code), message })),
});

/** Whether all of this generation was up once: what its status said last. */
function ranBefore(id: string, generation: number, { state }: ApplicationContext): boolean {
  const status = state.get('status/applications', id)?.value;
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  return ready?.observedGeneration === generation && (status?.phase === 'Running' || status?.phase === 'Degraded');
}

/** A record of which nothing was ever accepted. */
async function refuse(
  id: string,
  written: Entry<'applications'>,
  verdict: Verdict<ApplicationSpec>,
  context: ApplicationContext,
): Promise<void> {
  const observed = acceptance(verdict);
  await writeStatus(id, context, {
    generation: written.modRevision,
    phase: 'Failed',
    conditions: [{ ...observed, type: 'Ready' }],
    containers: { wanted: 0, assigned: 0, running: 0 },
    acceptance: { generation: written.modRevision, observed },
  });
}
