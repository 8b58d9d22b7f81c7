import { BerthError, isCode } from '../../lib/errors/index.ts';
import { crd, type UserKind } from '../../lib/schema/index.ts';
import { type KeyValue, OutcomeUnknown } from '../../lib/store/index.ts';
import type { Session } from './session.ts';

/** A user's record by its key. */
export interface RecordName {
  kind: UserKind;
  /** What follows the kind in the key. */
  id: string;
}

export const singular = (kind: UserKind): string => crd(kind).singular;

/** `shop` of `default/shop`; the id itself where there are no namespaces. */
export const shortName = ({ kind, id }: RecordName): string =>
  crd(kind).scope === 'Namespaced' ? id.slice(id.indexOf('/') + 1) : id;

/** Attempts at a write that others keep getting ahead of. */
const ATTEMPTS = 5;

/**
 * Puts a record, unless it stands there already byte by byte. A reply that was lost is made up for by looking.
 *
 * @throws BERTH_CONFLICT when somebody else writes it all the time; BERTH_STORE_…
 */
export async function put(
  session: Pick<Session, 'kv' | 'keys'>,
  { kind, id, value }: RecordName & { value: Buffer },
): Promise<'created' | 'configured' | 'unchanged'> {
  const { kv, keys } = session;
  const key = keys.key(kind, id);
  let attempted: 'created' | 'configured' | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await current(session, key);
    if (before?.value.equals(value)) return attempted ?? 'unchanged';
    attempted = undefined;
    const outcome = before ? 'configured' : 'created';
    try {
      const { succeeded } = await kv.txn({
        compare: [{ key, target: 'mod', op: '=', value: before?.modRevision ?? 0 }],
        then: [{ put: key, value }],
      });
      if (succeeded) return outcome;
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error;
      attempted = outcome;
    }
  }
  throw new BerthError('BERTH_CONFLICT', 'somebody else keeps writing it', { place: `${kind}/${id}` });
}

/**
 * Deletes a record's key.
 *
 * @returns the uid of what was deleted (its create_revision); undefined when there was nothing
 */
export async function remove(
  session: Pick<Session, 'kv' | 'keys'>,
  { kind, id }: RecordName,
): Promise<number | undefined> {
  const { kv, keys } = session;
  const key = keys.key(kind, id);
  let attempted: number | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await current(session, key);
    if (!before) return attempted;
    try {
      const { succeeded } = await kv.txn({
        compare: [{ key, target: 'mod', op: '=', value: before.modRevision }],
        then: [{ delete: key }],
      });
      if (succeeded) return before.createRevision;
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error;
      attempted = before.createRevision;
    }
  }
  throw new BerthError('BERTH_CONFLICT', 'somebody else keeps writing it', { place: `${kind}/${id}` });
}

async function current({ kv }: Pick<Session, 'kv'>, key: string): Promise<KeyValue | undefined> {
  const { kvs } = await kv.range({ key });
  return kvs[0];
}

/** Says so where nobody is there to act on what is written. */
export async function noteIfNobodyActs({ kv, keys, note }: Session): Promise<void> {
  try {
    const { count } = await kv.range({ ...keys.range('members'), countOnly: true });
    if (count === 0)
      note('No controllers are running: nothing will happen until `berth up` or `berth controllers` does.');
  } catch (error) {
    // A tenant need not be allowed to see who is there.
    if (!isCode(error, 'BERTH_STORE_DENIED')) throw error;
  }
}
