import { parseDocument } from 'yaml';
import { BerthError } from '../../lib/errors/index.ts';
import { controllers } from '../../lib/store/index.ts';
import { readOption } from './file.ts';

/** User and password in etcd, by who uses them: `reader` or a controller. */
export type Credentials = Readonly<Record<string, { user: string; password: string }>>;

const NAMES: readonly string[] = ['reader', ...controllers];

/**
 * Reads the file of `--etcd-credentials`:
 *
 *     reader:    { user: berth-v1-reader, password: … }
 *     placement: { user: berth-v1-placement, password: … }
 *
 * @throws BERTH_USAGE, never with a password in it
 */
export async function readCredentials(file: string): Promise<Credentials> {
  const text = await readOption('--etcd-credentials', file);
  const document = parseDocument(text, { prettyErrors: false });
  // The parser's own message may quote the text.
  const [error] = document.errors;
  if (error) throw new BerthError('BERTH_USAGE', `no YAML: ${error.code}`, { place: file });
  const found: unknown = document.toJS();
  if (!isMap(found)) throw malformed(file, 'the file');
  return Object.fromEntries(
    Object.entries(found).map(([name, entry]) => {
      if (!NAMES.includes(name)) throw malformed(file, name);
      if (!isMap(entry) || typeof entry.user !== 'string' || typeof entry.password !== 'string')
        throw malformed(`${file} ${name}`, 'the entry');
      return [name, { user: entry.user, password: entry.password }];
    }),
  );
}

const malformed = (place: string, what: string): BerthError =>
  new BerthError('BERTH_USAGE', `${what} is not understood`, {
    place,
    expected: `a map of ${NAMES.join(', ')} to {user, password}`,
  });

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
