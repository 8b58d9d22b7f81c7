import { type Kind, kinds } from '../../lib/store/index.ts';
import type { Ledger } from './ledger.ts';

/** A transaction of a process that has landed. */
export interface Landing {
  /** The controller that wrote it. */
  controller: string;
  /** The process that sent it. */
  replica: string;
  /** The lead under which it was sent: the leader's key and its create_revision. Absent: it was sent without one. */
  lead?: { key: string; createRevision: number };
  /** The keys that it put and deleted. */
  written: readonly string[];
}

/**
 * What a landing breaks, in words. To be asked at the revision that it made: afterwards somebody else may lead, and
 * nobody can tell who wrote what.
 */
export function brokenByLanding(ledger: Ledger, landing: Landing): string[] {
  return [...withoutTheLead(ledger, landing), ...overTheUser(ledger, landing), ...overOthers(ledger, landing)];
}

/** 4: who wrote for a controller leads, under the very lead that it was sent under. */
function* withoutTheLead(ledger: Ledger, { controller, replica, lead, written }: Landing): Iterable<string> {
  const guarded = written.find((key) => needsALead(ledger.locate(key)?.kind));
  if (guarded === undefined) return;
  const wrote = `guarantee 4, nothing lands without the lead: ${replica} wrote ${guarded} for ${controller}`;
  if (!lead) return yield `${wrote} and compared no leader's key`;
  const stands = ledger.get('leaders', ledger.locate(lead.key)?.id ?? '');
  const leads = stands?.createRevision === lead.createRevision && stands.value.identity.startsWith(`${replica}/`);
  if (leads) return;
  const now = stands ? `${stands.value.identity} leads since ${stands.createRevision}` : 'nobody leads';
  yield `${wrote} under the lead of ${lead.createRevision}, and ${now}`;
}

/** What is nobody's in particular, and what elections themselves write, is written without a lead. */
const needsALead = (kind: Kind | undefined): boolean =>
  kind !== undefined && !kinds[kind].writers.some((writer) => writer === 'any' || writer === 'election');

/** 5: what a user wrote is never changed. */
function* overTheUser(ledger: Ledger, { controller, replica, written }: Landing): Iterable<string> {
  for (const key of written) {
    const kind = ledger.locate(key)?.kind;
    if (kind !== undefined && kinds[kind].writers.every((writer) => writer === 'user'))
      yield `guarantee 5, what a user wrote is never changed: ${replica} wrote ${key} for ${controller}`;
  }
}

/** 5: nor is what somebody else made in Calico. */
function* overOthers(ledger: Ledger, { controller, replica, written }: Landing): Iterable<string> {
  for (const key of written) {
    const located = ledger.locate(key);
    if (located?.kind === 'calico' && ledger.foreign.has(located.id))
      yield `guarantee 5, what others have in Calico is never changed: ${replica} wrote ${key} for ${controller}`;
  }
}
