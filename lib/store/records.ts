import { type Kind, kinds } from './keys.ts';
import type { Keyspace, Located, Stray } from './keyspace.ts';
import type { KeyValue } from './kv.ts';
import type { Entry } from './types.ts';

/** etcd's key and value as a record: JSON parsed, users' text and other formats as the bytes they are. */
export function decode(keyspace: Keyspace, located: Located | undefined, kv: KeyValue): Entry | Stray {
  if (!located) return { key: kv.key, modRevision: kv.modRevision, ...keyspace.problem(kv.key) };
  try {
    return entryOf(located.kind, located.id, kv);
  } catch {
    // The parser's own words quote what stands there, and it may be somebody's secret.
    return { key: kv.key, ...located, problem: 'not JSON', modRevision: kv.modRevision };
  }
}

/** @throws SyntaxError when a record that a controller writes is not JSON */
export function entryOf<K extends Kind>(kind: K, id: string, kv: KeyValue): Entry<K> {
  // A copy: the bytes that came are a view of a whole message, of up to a page of a list.
  const value = kinds[kind].format === 'json' ? JSON.parse(kv.value.toString()) : Buffer.from(kv.value);
  const { createRevision, modRevision, lease } = kv;
  return lease === '0'
    ? { kind, id, value, createRevision, modRevision }
    : { kind, id, value, createRevision, modRevision, lease };
}

/** What holds a record in etcd: JSON, or the bytes or the text that it is. */
export function encode(kind: Kind, value: unknown): string | Buffer {
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' && kinds[kind].format !== 'json' ? value : JSON.stringify(value);
}
