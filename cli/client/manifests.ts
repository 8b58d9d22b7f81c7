import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BerthError, messageOf } from '../../lib/errors/index.ts';
import { crd, type ManifestRecord, parseRecord, readManifest } from '../../lib/schema/index.ts';

/** A manifest as it was read. */
export interface Manifest {
  /** What errors call it. */
  file: string;
  bytes: Buffer;
}

export interface ReadOptions {
  namespace: {
    name: string;
    /** Asked for by the user: a record that names another is then an error. */
    demanded: boolean;
  };
  /** What a bare blueprint is called, instead of by its id. */
  name?: string | undefined;
}

const EXTENSION = /\.(ya?ml|json)$/;

/**
 * The files that `-f` names: a file, all manifests of a directory in the order of their names, `-` for what `stdin` gives.
 *
 * @throws BERTH_USAGE for what cannot be read
 */
export async function loadManifests(paths: readonly string[], stdin: () => Promise<Buffer>): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    try {
      if (path === '-') manifests.push({ file: 'stdin', bytes: await stdin() });
      else if ((await stat(path)).isDirectory()) {
        const names = (await readdir(path)).filter((name) => EXTENSION.test(name)).sort();
        for (const name of names) manifests.push({ file: join(path, name), bytes: await readFile(join(path, name)) });
        if (names.length === 0) throw new Error('the directory holds no .yaml, .yml or .json file');
      } else manifests.push({ file: path, bytes: await readFile(path) });
    } catch (error) {
      throw new BerthError('BERTH_USAGE', messageOf(error), { place: path });
    }
  }
  return manifests;
}

/** All records of some manifests; or all that is wrong with how they are put together. */
export function recordsOf(
  manifests: readonly Manifest[],
  { namespace, name }: ReadOptions,
): { records: (ManifestRecord & { file: string })[]; errors: BerthError[] } {
  const errors: BerthError[] = [];
  const records = manifests.flatMap(({ file, bytes }) => {
    const result = readManifest(bytes, { file, namespace: namespace.name, blueprint: name });
    if (!result.ok) {
      errors.push(...result.errors);
      return [];
    }
    return result.records.map((record) => ({ ...record, file }));
  });
  if (namespace.demanded)
    for (const { kind, id, file, linesBefore } of records)
      if (crd(kind).scope === 'Namespaced' && !id.startsWith(`${namespace.name}/`))
        errors.push(
          new BerthError('BERTH_INVALID', 'the record names another namespace than the command', {
            place: `${file}:${linesBefore + 1}`,
            found: id.slice(0, id.indexOf('/')),
            expected: namespace.name,
          }),
        );
  return { records, errors };
}

/** A line for each record that is given more than once: which of them is meant, nobody can tell. */
export function duplicatesIn(records: readonly (ManifestRecord & { file: string })[]): BerthError[] {
  const first = new Map<string, string>();
  return records.flatMap(({ kind, id, file, linesBefore }) => {
    const key = `${kind}/${id}`;
    const place = `${file}:${linesBefore + 1}`;
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, place);
      return [];
    }
    const hint = `${other} gives ${key}, too: take one of them out, or give it another name`;
    return [new BerthError('BERTH_INVALID', 'the record is given twice', { place: `${place} ${key}`, hint })];
  });
}

/** What is wrong with a record, with its place in the file. */
export function problemsOf(record: ManifestRecord & { file: string }): BerthError[] {
  const result = parseRecord(record);
  return result.ok ? [] : result.errors.map((error) => inFile(error, record));
}

/** `applications/default/shop:3:5 spec.services` → `shop.yaml:14:5 applications/default/shop spec.services` */
function inFile(error: BerthError, { kind, id, file, linesBefore }: ManifestRecord & { file: string }): BerthError {
  const { place = '', ...details } = error.details;
  const key = `${kind}/${id}`;
  const [, line, column, field] = /^(?::(\d+):(\d+))?(?: (.*))?$/s.exec(place.slice(key.length)) ?? [];
  const position = line === undefined ? '' : `:${Number(line) + linesBefore}:${column}`;
  // What the details add stands at the end of the message already.
  const added = new BerthError(error.code, '', details).message.length;
  const message = error.message.slice(place.length + ': '.length, error.message.length - added);
  return new BerthError(error.code, message, {
    ...details,
    place: `${file}${position} ${key}${field === undefined ? '' : ` ${field}`}`,
  });
}
