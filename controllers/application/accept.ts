/** From a user's bytes to a spec that everybody else reads, or to what is wrong with them. */

import { problemsOf } from '../../lib/blueprint/index.ts';
import { type BerthError, reasonOf } from '../../lib/errors/index.ts';
import type { Accepted, ApplicationSpec, Observation } from '../../lib/records/index.ts';
import { parseRecord } from '../../lib/schema/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import type { ApplicationContext } from './context.ts';

export type Verdict<Spec> = { ok: true; spec: Spec } | { ok: false; errors: BerthError[] };

/** Judged once for each value: an application is looked at for every event about any of its containers. */
const verdicts = new WeakMap<Buffer, Verdict<ApplicationSpec>>();

/** Reads an application: its form first, then what it says. Pure. */
export function judge(id: string, value: Buffer): Verdict<ApplicationSpec> {
  const known = verdicts.get(value);
  if (known) return known;
  const verdict = read(id, value);
  verdicts.set(value, verdict);
  return verdict;
}

function read(id: string, value: Buffer): Verdict<ApplicationSpec> {
  const parsed = parseRecord({ kind: 'applications', id, value });
  if (!parsed.ok) return parsed;
  const problems = problemsOf(parsed.spec);
  if (problems.length === 0) return { ok: true, spec: parsed.spec };
  return { ok: false, errors: parsed.report(problems) };
}

/**
 * Writes down what was accepted, which is what everybody acts on. The user's key is compared, so that what is accepted is
 * what stands there, and not what a slower cache remembers; the own key is compared as always.
 *
 * @returns what stands now
 */
export async function accept(
  id: string,
  written: Entry<'applications'>,
  spec: ApplicationSpec,
  { state, store }: ApplicationContext,
): Promise<Accepted<ApplicationSpec>> {
  const before = state.get('accepted/applications', id);
  const value = { generation: written.modRevision, uid: written.createRevision, spec };
  await store.commit({
    writes: [{ put: 'accepted/applications', id, value, expect: before?.modRevision ?? 0 }],
    guards: [{ unchanged: 'applications', id, at: written.modRevision }],
  });
  return value;
}

/** The condition `Accepted` of a verdict: the first error gives the reason, each has a line of the message. */
export function acceptance(verdict: Verdict<unknown>): Observation {
  if (verdict.ok) return { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
  const [first] = verdict.errors;
  return {
    type: 'Accepted',
    status: 'False',
    reason: first ? reasonOf(first.code) : 'Invalid',
    message: verdict.errors.map(({ message }) => message).join('\n'),
  };
}
