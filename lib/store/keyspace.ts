import { BerthError } from '../errors/index.ts';
import { type Kind, kinds } from './keys.ts';
import { prefixEnd } from './kv.ts';

export interface KeyRange {
  key: string;
  /** Exclusive. */
  end: string;
}

export interface Located {
  kind: Kind;
  id: string;
}

/** A key below our prefixes that is no record: nobody acts on it, `reporterOf` it says so in an event. */
export interface Stray {
  key: string;
  /** The collection that it lies in; absent: in none. */
  kind?: Kind;
  /** What follows the collection's prefix. */
  id?: string;
  problem: string;
  modRevision: number;
}

/** Where the kinds of the key map lie in one etcd: ids to absolute keys and back. */
export interface Keyspace {
  /** Without a slash at its end. */
  readonly prefix: string;
  /** What holds every kind: the prefix itself first, then the absolute collections. Each ends with a slash. */
  readonly prefixes: readonly string[];
  /**
   * The absolute key of a record.
   *
   * @throws BERTH_BAD_KEY when the id has an empty segment, or, where a controller writes the kind, a wrong number of
   *   them or one that should be a DNS-1123 label and is not
   */
  key(kind: Kind, id: string): string;
  /** All keys of a kind; with `under`, those whose id goes on after these segments. The key `under` itself is not among them. */
  range(kind: Kind, under?: string): KeyRange;
  /** The inverse of `key`; undefined for what names no record. What a user named badly does parse: its owner reports it. */
  parse(key: string): Located | undefined;
  /** Why `parse` answers undefined. */
  problem(key: string): Omit<Stray, 'key' | 'modRevision'>;
  /** Which of `prefixes` holds a kind. */
  prefixOf(kind: Kind): string;
}

/** A DNS-1123 label (RFC 1123 §2.1): what namespaces, applications, services, networks, clouds and hosts are called. */
export const isName = (text: string): boolean => isNameAt(text, 0, text.length);

/** Whether a part of a text is such a label. Character by character: each write asks that of each segment of its key. */
function isNameAt(text: string, start: number, end: number): boolean {
  if (end - start < 1 || end - start > 63) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const alphanumeric = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (!alphanumeric && (code !== 45 || i === start || i === end - 1)) return false;
  }
  return true;
}

/** Segments that are DNS-1123 labels wherever they stand; `name` and `id` differ from kind to kind. */
const LABELS: ReadonlySet<string> = new Set(['namespace', 'app', 'cloud', 'host', 'network']);

/** @param prefix begins with a slash, does not end with one */
export function keyspace(prefix = '/berth/v1'): Keyspace {
  if (!/^(\/[^/]+)+$/.test(prefix)) {
    throw new BerthError('BERTH_USAGE', 'no prefix for keys', { found: prefix, expected: 'a path such as /berth/v1' });
  }
  const bases = new Map<Kind, string>();
  const kindByBase = new Map<string, Kind>();
  const own = `${prefix}/`;
  const prefixes = [own];
  for (const kind of allKinds) {
    const { path } = kinds[kind];
    const base = path.startsWith('/') ? path : `${prefix}/${path}`;
    bases.set(kind, base);
    kindByBase.set(base, kind);
    if (path.startsWith('/')) prefixes.push(`${base}/`);
  }
  // Nested prefixes would hold some keys twice, in caches with two opinions.
  for (const [i, one] of prefixes.entries()) {
    for (const other of prefixes.slice(i + 1)) {
      if (one.startsWith(other) || other.startsWith(one)) {
        throw new BerthError('BERTH_USAGE', 'the prefix overlaps another', {
          found: prefix,
          expected: `none of ${other}`,
        });
      }
    }
  }

  /** The collection that a key lies in. No collection lies in another. */
  function collection(key: string): Located | undefined {
    for (let slash = key.indexOf('/', key.startsWith(own) ? own.length : 1); ; slash = key.indexOf('/', slash + 1)) {
      const kind = kindByBase.get(slash < 0 ? key : key.slice(0, slash));
      if (kind) return { kind, id: slash < 0 ? '' : tail(key, slash + 1) };
      if (slash < 0) return undefined;
    }
  }

  return {
    prefix,
    prefixes,
    key(kind, id) {
      const problem = shapeProblem(kind, id) ?? nameProblem(kind, id);
      if (problem) {
        throw new BerthError('BERTH_BAD_KEY', problem, {
          place: `${kinds[kind].path}/${id}`,
          expected: kinds[kind].segments.map((segment) => `<${segment}>`).join('/') || 'no id',
        });
      }
      return id === '' ? bases.get(kind)! : `${bases.get(kind)}/${id}`;
    },
    range(kind, under) {
      const base = bases.get(kind)!;
      if (kinds[kind].segments.length === 0) return { key: base, end: `${base}\0` };
      const key = under === undefined ? `${base}/` : `${base}/${under}/`;
      return { key, end: prefixEnd(key) };
    },
    parse(key) {
      const located = collection(key);
      return located && !shapeProblem(located.kind, located.id) ? located : undefined;
    },
    problem(key) {
      const located = collection(key);
      if (!located) return { problem: 'no kind of record lies here' };
      return { ...located, problem: shapeProblem(located.kind, located.id) ?? 'a record' };
    },
    prefixOf: (kind) => (kinds[kind].path.startsWith('/') ? `${kinds[kind].path}/` : `${prefix}/`),
  };
}

/**
 * What follows in a key, as a string of its own. V8 makes of a slice a reference into the whole, which it keeps alive and
 * compares five times slower: with a cache ordered by ids, that was a quarter of what an event cost.
 */
const tail = (key: string, start: number): string => [key.slice(start, start + 1), key.slice(start + 1)].join('');

/** Every kind, in the order of the key map. */
export const allKinds: readonly Kind[] = Object.keys(kinds).filter((name): name is Kind => name in kinds);

function shapeProblem(kind: Kind, id: string): string | undefined {
  const wanted: readonly string[] = kinds[kind].segments;
  if (wanted.length === 0) return id === '' ? undefined : 'nothing lies below this key';
  let found = 1;
  let start = 0;
  for (let slash = id.indexOf('/'); slash >= 0; slash = id.indexOf('/', start)) {
    if (slash === start) return 'an empty segment';
    start = slash + 1;
    found++;
  }
  if (start === id.length) return 'an empty segment';
  // A slash too many in a user's key: the kind's owner answers it like every bad name.
  if (kinds[kind].format === 'text') return undefined;
  const right = wanted.at(-1) === '…' ? found >= wanted.length : found === wanted.length;
  return right ? undefined : `${found} segments instead of ${wanted.length}`;
}

/** Names are checked where a controller writes; a user's bad name is answered by the kind's owner, in `status/`. */
function nameProblem(kind: Kind, id: string): string | undefined {
  if (kinds[kind].format !== 'json') return undefined;
  const names: readonly string[] = kinds[kind].segments;
  let start = 0;
  for (let i = 0; i < names.length && start <= id.length; i++) {
    const slash = id.indexOf('/', start);
    const end = slash < 0 ? id.length : slash;
    if (LABELS.has(names[i]!) && !isNameAt(id, start, end)) {
      return `${JSON.stringify(id.slice(start, end))} is not a DNS-1123 label`;
    }
    start = end + 1;
  }
  return undefined;
}
