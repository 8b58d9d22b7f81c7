import { BerthError } from '../errors/index.ts';
import { sameJson } from './json.ts';
import type { Kind } from './keys.ts';
import type { KeyRange, Keyspace } from './keyspace.ts';
import { encode } from './records.ts';
import type { Guard, View } from './types.ts';

/** A write whose kind and value fit each other: `Write<K>` with the types forgotten. */
export type AnyWrite =
  | { put: Kind; id: string; value: unknown; expect?: number; lease?: string }
  | { delete: Kind; id: string; expect?: number };

/** The leader's key and the create_revision that it must have. */
export interface LeaderFence {
  key: string;
  createRevision: number;
}

/** A unit in etcd's terms. All keys are absolute. */
export interface PreparedUnit {
  fence: LeaderFence;
  /** mod_revision that each key must have; 0: it must not be there. Those written and those guarded. */
  expected: ReadonlyMap<string, number>;
  /** Ranges in which no key may be. */
  empty: readonly KeyRange[];
  puts: readonly { key: string; value: Buffer; lease?: string }[];
  deletes: readonly string[];
  /** The keys of both. */
  written: ReadonlySet<string>;
  /** Of what is written. */
  kinds: ReadonlySet<Kind>;
  /** What it takes of a request, about. */
  bytes: number;
}

export const LIMITS = {
  /** etcd refuses requests of more than 1.5 MiB; the difference is for keys and framing. */
  value: 2 ** 20,
  unit: 1.4 * 2 ** 20,
  /** Writes and guards of a unit: with the leader's key less than half of etcd's 128 comparisons. */
  parts: 60,
};

/** Of protobuf and of what surrounds a key in a comparison and an operation, at most. */
const FRAME = 48;

/**
 * What a unit asks of etcd, given what the cache holds now. What would change nothing is left out, but still compared.
 *
 * @param settled whether the cache is known to show the latest own write of a key
 * @throws BERTH_BAD_KEY; BERTH_TOO_LARGE; BERTH_CONFLICT when the unit expects two things of one key;
 *   BERTH_INTERNAL when it writes a key twice or has too many parts
 */
export function prepare(
  unit: { writes: readonly AnyWrite[]; guards: readonly Guard[] },
  {
    keyspace,
    view,
    fence,
    settled,
  }: {
    keyspace: Keyspace;
    view: View;
    fence: LeaderFence;
    settled: (key: string) => boolean;
  },
): PreparedUnit {
  const parts = unit.writes.length + unit.guards.length;
  if (parts > LIMITS.parts) {
    throw new BerthError('BERTH_INTERNAL', 'too many writes and guards in a unit', {
      found: `${parts}`,
      expected: `at most ${LIMITS.parts}`,
    });
  }
  const expected = new Map<string, number>();
  const expect = (key: string, revision: number) => {
    const other = expected.get(key);
    if (other !== undefined && other !== revision) throw conflict(key, other, revision);
    expected.set(key, revision);
  };
  const held = (kind: Kind, id: string) => view.get(kind, id)?.modRevision ?? 0;

  const puts: { key: string; value: Buffer; lease?: string }[] = [];
  const deletes: string[] = [];
  const written = new Set<string>();
  const touched = new Set<Kind>();
  let bytes = 0;

  for (const write of unit.writes) {
    const kind = 'put' in write ? write.put : write.delete;
    const key = keyspace.key(kind, write.id);
    // Nothing but writes has been looked at so far.
    if (expected.has(key)) throw new BerthError('BERTH_INTERNAL', 'a unit writes a key twice', { place: key });
    expect(key, write.expect ?? held(kind, write.id));
    if (settled(key) && changesNothing(write, kind, view)) continue;
    touched.add(kind);
    written.add(key);
    bytes += 2 * key.length + 2 * FRAME;
    if ('delete' in write) {
      deletes.push(key);
      continue;
    }
    const value = encode(write.value);
    if (value.length > LIMITS.value) throw tooLarge(key, value.length, LIMITS.value);
    bytes += value.length;
    puts.push({ key, value, ...(write.lease !== undefined && { lease: write.lease }) });
  }

  const empty: KeyRange[] = [];
  for (const guard of unit.guards) {
    if ('empty' in guard) empty.push(keyspace.range(guard.empty, guard.under));
    else if ('absent' in guard) expect(keyspace.key(guard.absent, guard.id), 0);
    else expect(keyspace.key(guard.unchanged, guard.id), guard.at ?? held(guard.unchanged, guard.id));
  }
  for (const key of expected.keys()) bytes += key.length + FRAME;
  if (bytes > LIMITS.unit) throw tooLarge([...written].join(', '), bytes, LIMITS.unit);
  return { fence, expected, empty, puts, deletes, written, kinds: touched, bytes };
}

/** The store holds already what the write asks for, as far as the cache knows and unless the write expects another revision. */
function changesNothing(write: AnyWrite, kind: Kind, view: View): boolean {
  const entry = view.get(kind, write.id);
  if (write.expect !== undefined && write.expect !== (entry?.modRevision ?? 0)) return false;
  if ('delete' in write) return !entry;
  return !!entry && entry.lease === write.lease && sameJson(entry.value, write.value);
}

export const conflict = (key: string, expected: number, found: number) =>
  new BerthError('BERTH_CONFLICT', 'the key changed since it was read', {
    place: key,
    found: found === 0 ? 'none' : `revision ${found}`,
    expected: expected === 0 ? 'none' : `revision ${expected}`,
  });

const tooLarge = (place: string, bytes: number, limit: number) =>
  new BerthError('BERTH_TOO_LARGE', 'too large for etcd', {
    place,
    found: `${bytes} bytes`,
    expected: `at most ${Math.floor(limit)}`,
  });
