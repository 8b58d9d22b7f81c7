import type { BerthError } from '../../lib/errors/index.ts';
import { duplicatesIn, type Manifest, problemsOf, type ReadOptions, recordsOf } from './manifests.ts';
import { noteIfNobodyActs, put, type RecordName, shortName, singular } from './records.ts';
import { complain, type ExitCode, type Session } from './session.ts';

export interface ApplyOptions extends ReadOptions {
  /** Says what would be written, and writes nothing. */
  dryRun?: boolean;
  /** Writes also what the controllers would not accept, as far as it can be told what it is. */
  validation?: 'none';
}

/**
 * `berth apply`: puts the records of manifests, each as it was written. Checks all of them first: when one is wrong,
 * or given twice, nothing is written.
 */
export async function apply(
  session: Session,
  manifests: readonly Manifest[],
  options: ApplyOptions,
): Promise<ExitCode> {
  const { records, errors } = recordsOf(manifests, options);
  const problems: BerthError[] = [
    ...errors,
    ...(options.validation === 'none' ? [] : records.flatMap((record) => problemsOf(record))),
    ...duplicatesIn(records),
  ];
  if (problems.length > 0) {
    complain(session, problems);
    session.note('Nothing was written.');
    return 1;
  }
  if (records.length === 0) {
    session.note('error: no records in what was given');
    return 1;
  }
  for (const record of records) {
    const outcome = options.dryRun ? await preview(session, record) : await put(session, record);
    session.print(`${singular(record.kind)}/${shortName(record)} ${outcome}${options.dryRun ? ' (dry run)' : ''}\n`);
    if (outcome === 'created' && !options.dryRun) await noteIfStillGoing(session, record);
  }
  if (!options.dryRun) await noteIfNobodyActs(session);
  return 0;
}

async function preview(
  { kv, keys }: Session,
  { kind, id, value }: RecordName & { value: Buffer },
): Promise<'created' | 'configured' | 'unchanged'> {
  const { kvs } = await kv.range({ key: keys.key(kind, id) });
  const [before] = kvs;
  if (!before) return 'created';
  return before.value.equals(value) ? 'unchanged' : 'configured';
}

/** A record that was deleted and put again waits for what the first one made. */
async function noteIfStillGoing({ kv, keys, note }: Session, { kind, id }: RecordName): Promise<void> {
  const { count } = await kv.range({ key: keys.key(`accepted/${kind}`, id), countOnly: true });
  if (count > 0) note(`${kind}/${id} was deleted and is not gone yet; this one begins when it is.`);
}
