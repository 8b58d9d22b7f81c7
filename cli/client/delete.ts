import { BerthError } from '../../lib/errors/index.ts';
import { isUserKind } from '../../lib/schema/index.ts';
import { type Manifest, type ReadOptions, recordsOf } from './manifests.ts';
import { follow, read, type State } from './reading.ts';
import { noteIfNobodyActs, type RecordName, remove, shortName, singular } from './records.ts';
import { recordReads } from './resources/user.ts';
import { notFound, parseSelections, type Selection } from './selection.ts';
import { complain, type ExitCode, type Session } from './session.ts';

export interface DeleteOptions {
  /** Until nothing is left of what was made, or the signal aborts; absent: does not wait. */
  wait?: AbortSignal;
  ignoreNotFound?: boolean;
}

/** A record that is being deleted: its name, and which one it was. */
interface Going extends RecordName {
  uid: number | undefined;
}

/** What `KIND NAME…` names. @throws BERTH_USAGE for what users do not write, or nothing by name */
export async function named(
  session: Session,
  args: readonly string[],
  { namespace, all }: { namespace: string; all?: boolean },
): Promise<RecordName[]> {
  const selections = parseSelections(args);
  const names = await Promise.all(selections.map((selection) => namesOf(session, selection, { namespace, all })));
  return names.flat();
}

async function namesOf(
  session: Session,
  { resource, names }: Selection,
  { namespace, all }: { namespace: string; all: boolean | undefined },
): Promise<RecordName[]> {
  const { plural: kind, namespaced } = resource;
  if (!isUserKind(kind))
    throw new BerthError('BERTH_USAGE', `${kind} are made by controllers: nobody else deletes them`, {
      hint: 'delete or change the record that they are made for',
    });
  if (names.length > 0) return names.map((name) => ({ kind, id: namespaced ? `${namespace}/${name}` : name }));
  if (!all) throw new BerthError('BERTH_USAGE', `which ${kind}?`, { expected: 'names, or --all' });
  const scope = { namespace };
  const state = await read(session, resource.reads(scope));
  return resource.items(state, scope).map(({ id }) => ({ kind, id }));
}

/** The records that manifests name, whatever else they say. @throws the first thing that is wrong with them */
export function inManifests(manifests: readonly Manifest[], options: ReadOptions): RecordName[] {
  const { records, errors } = recordsOf(manifests, options);
  if (errors[0]) throw errors[0];
  // In reverse: what was put last may need what was put first.
  return records.map(({ kind, id }) => ({ kind, id })).reverse();
}

/** `berth delete`: deletes records and waits until what they made is gone, telling what is left. */
export async function deleteRecords(
  session: Session,
  names: readonly RecordName[],
  { wait, ignoreNotFound }: DeleteOptions,
): Promise<ExitCode> {
  const missing: BerthError[] = [];
  const going: Going[] = [];
  for (const name of names) {
    const uid = await remove(session, name);
    const before = uid === undefined ? await alreadyGoing(session, name) : undefined;
    if (uid === undefined && !before) {
      if (!ignoreNotFound) missing.push(absent(name));
      continue;
    }
    const said = before ? 'is being deleted already' : 'deleted';
    session.print(`${singular(name.kind)} ${JSON.stringify(shortName(name))} ${said}\n`);
    going.push({ ...name, uid: uid ?? before?.uid });
  }
  const waited = wait && going.length > 0 ? await waitUntilGone(session, going, wait) : 0;
  return Math.max(complain(session, missing), waited) === 0 ? 0 : 1;
}

async function alreadyGoing(session: Session, { kind, id }: RecordName): Promise<{ uid?: number } | undefined> {
  const state = await read(session, recordReads(kind, { id }));
  const accepted = state.get(`accepted/${kind}` as const, id)?.value;
  if (accepted) return { uid: accepted.uid };
  return state.get(`status/${kind}` as const, id) ? {} : undefined;
}

function absent({ kind, id }: RecordName): BerthError {
  const [namespace] = id.includes('/') ? id.split('/') : [];
  const name = shortName({ kind, id });
  return notFound({ plural: kind, namespaced: namespace !== undefined }, name, { items: [], namespace });
}

/** Whether nothing is left of a record that was deleted; another one may have been put under its name. */
export function isGone({ kind, id, uid }: Going, state: State): boolean {
  const accepted = state.get(`accepted/${kind}` as const, id)?.value;
  if (accepted) return uid !== undefined && accepted.uid !== uid;
  return state.get(kind, id) !== undefined || state.get(`status/${kind}` as const, id) === undefined;
}

async function waitUntilGone(session: Session, going: readonly Going[], signal: AbortSignal): Promise<ExitCode> {
  const told = new Map<Going, string>();
  const reads = going.flatMap(({ kind, id }) => recordReads(kind, { id }));
  let left = [...going];
  for await (const state of follow(session, reads, signal)) {
    left = left.filter((each) => !isGone(each, state));
    if (left.length === 0) return 0;
    if (told.size === 0) await noteIfNobodyActs(session);
    for (const each of left) {
      const what = whatIsLeft(each, state);
      if (told.get(each) !== what) session.note(`waiting for ${singular(each.kind)}/${shortName(each)}: ${what}`);
      told.set(each, what);
    }
  }
  for (const each of left)
    session.note(
      `error: timed out waiting for ${singular(each.kind)}/${shortName(each)} to go: ${told.get(each) ?? ''}`,
    );
  return left.length > 0 ? 1 : 0;
}

function whatIsLeft({ kind, id }: Going, state: State): string {
  const status = state.get(`status/${kind}` as const, id)?.value;
  // Until its owner has noticed, the status still speaks of the record.
  const conditions = status?.phase === 'Deleting' ? status.conditions : [];
  const said =
    conditions.find(({ type, status }) => type === 'Deleting' && status === 'True') ??
    conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
  return said?.message || 'what it made is being removed';
}
