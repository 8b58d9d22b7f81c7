import { BerthError } from '../errors/index.ts';
import { crd, findCrd, type UserKind, userKinds } from './crds.ts';
import { badKey } from './envelope.ts';
import { isMap, oneOf, show } from './field.ts';
import { didYouMean } from './suggest.ts';
import { readText } from './text.ts';

/** One document of a manifest: the bytes to put, and under which key. */
export interface ManifestRecord {
  kind: UserKind;
  /** What follows the kind in the key. */
  id: string;
  value: Buffer;
  /** The line of the manifest before its first one: to be added to the lines of its errors. */
  linesBefore: number;
}

export type ManifestResult = { ok: true; records: ManifestRecord[] } | { ok: false; errors: BerthError[] };

/**
 * Takes a manifest of one or several documents apart, as `berth apply -f` reads it, and finds the key of each: of a
 * record by kind and metadata, of a bare blueprint by its id. The records themselves are not checked: `parseRecord` does.
 *
 * @param file       what errors call the manifest
 * @param namespace  where an application that names none goes
 * @param blueprint  what a bare blueprint is called, instead of by its id
 */
export function readManifest(
  bytes: Buffer,
  { file, namespace, blueprint }: { file: string; namespace: string; blueprint?: string | undefined },
): ManifestResult {
  const records: ManifestRecord[] = [];
  const errors: BerthError[] = [];
  for (const { text, linesBefore } of documents(bytes)) {
    const value = Buffer.from(text);
    const result = readText(value);
    if (!result.ok) {
      for (const { code, message, position, found, expected } of result.problems) {
        const place = position ? `${file}:${position.line + linesBefore}:${position.column}` : file;
        errors.push(new BerthError(code, message, { place, found, expected }));
      }
      continue;
    }
    if (result.source.value === null) continue;
    try {
      const place = `${file}:${linesBefore + 1}`;
      records.push({ ...keyOf(result.source.value, { namespace, blueprint, place }), value, linesBefore });
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      errors.push(error);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, records };
}

/** At `---` in the first column, which is nothing else in YAML. */
function* documents(bytes: Buffer): Generator<{ text: string; linesBefore: number }> {
  let start = 0;
  const lines = bytes.toString('latin1').split('\n');
  const textOf = (from: number, to: number) => Buffer.from(lines.slice(from, to).join('\n'), 'latin1').toString('utf8');
  for (const [i, line] of lines.entries())
    if (i > start && /^---(\s|$)/.test(line)) {
      yield { text: textOf(start, i), linesBefore: start };
      start = i;
    }
  yield { text: textOf(start, lines.length), linesBefore: start };
}

function keyOf(
  document: unknown,
  { namespace, blueprint, place }: { namespace: string; blueprint: string | undefined; place: string },
): { kind: UserKind; id: string } {
  if (!isMap(document))
    throw new BerthError('BERTH_INVALID', 'not a record', { place, found: show(document), expected: 'a map' });
  const { kind, metadata } = document;
  const bare = kind === undefined && document.services !== undefined;
  const definition = bare ? crd('applications') : typeof kind === 'string' ? findCrd(kind) : undefined;
  const kinds = userKinds.map((each) => crd(each).kind);
  if (!definition)
    throw new BerthError('BERTH_INVALID', 'no such kind', {
      place,
      found: show(kind),
      expected: oneOf(kinds),
      hint: typeof kind === 'string' ? didYouMean(kind, kinds) : undefined,
    });

  const named = isMap(metadata) ? metadata : {};
  const name = bare ? (blueprint ?? document.id) : named.name;
  const id = definition.scope === 'Namespaced' ? `${named.namespace ?? namespace}/${name}` : String(name);
  const wrong = typeof name === 'string' ? badKey(definition, id) : { expected: bare ? 'an id' : 'metadata.name' };
  if (wrong) throw new BerthError('BERTH_BAD_KEY', 'the record has no name that can be a key', { place, ...wrong });
  return { kind: definition.plural, id };
}
