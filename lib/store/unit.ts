import { BerthError } from '../errors/index.ts';
import { sameJson } from './json.ts';
import type { Kind } from './keys.ts';
import type { KeyRange, Keyspace } from './keyspace.ts';
import { encode } from './records.ts';
import type { Entry, Guard, View } from './types.ts';

/** A write whose kind and value fit each other: `Write<K>` with the types forgotten. */
export type AnyWrite =
  | { put: Kind; id: string; value: unknown; expect?: number; lease?: string | undefined }
  | { delete: Kind; id: string; expect?: number };

/** The leader's key and the create_revision that it must have. */
export interface LeaderFence {
  key: string;
  createRevision: number;
}

/** A key that a unit compares, and what it writes there. */
export class Part {
  readonly key: string;
  /** The mod_revision that it must have; 0: it must not be there. */
  readonly expected: number;
  /** Absent where it is only compared. */
  write: 'put' | 'delete' | undefined = undefined;
  value: string | Buffer = '';
  lease: string | undefined = undefined;

  constructor(key: string, expected: number) {
    this.key = key;
    this.expected = expected;
  }
}

/** No key of a range may have a greater mod_revision than `newest`. With 0 there may be none at all. */
export interface RangeCondition extends KeyRange {
  newest: number;
}

/** A unit in etcd's terms. All keys are absolute. */
export interface PreparedUnit {
  readonly fence: LeaderFence;
  /** Each key once: what is written, then what is guarded. */
  readonly parts: readonly Part[];
  /** Conditions on all keys of a range. */
  readonly ranges: readonly RangeCondition[];
  /** How many parts are written. */
  readonly writes: number;
  /** Of what is written. */
  readonly kinds: readonly Kind[];
  /** What it takes of a request, about. */
  readonly bytes: number;
}

export const LIMITS = {
  /** etcd refuses requests of more than 1.5 MiB; the difference is for keys and framing. */
  value: 2 ** 20,
  unit: 1.4 * 2 ** 20,
  /** Writes and guards of a unit: with the leader's key less than etcd's 128 comparisons, so that one always fits. */
  parts: 120,
};

/** Of protobuf around a key, in a comparison or an operation, at most. */
const FRAME = 48;

const NO_RANGES: readonly RangeCondition[] = [];

/** What a unit is prepared with. */
export interface Surroundings {
  keyspace: Keyspace;
  /** What the cache holds now. */
  view: View;
  /** Whether the cache is known to show the latest own write of a key. */
  settled: (key: string) => boolean;
}

/**
 * What a unit asks of etcd, given what the cache holds now. What would change nothing is left out, but still compared.
 *
 * @throws BERTH_BAD_KEY, BERTH_TOO_LARGE; BERTH_CONFLICT when the unit expects two revisions of a key
 */
export function prepare(
  writes: readonly AnyWrite[],
  guards: readonly Guard[],
  fence: LeaderFence,
  { keyspace, view, settled }: Surroundings,
): PreparedUnit {
  if (writes.length + guards.length > LIMITS.parts) {
    throw new BerthError('BERTH_INTERNAL', 'too many writes and guards in a unit', {
      found: `${writes.length + guards.length}`,
      expected: `at most ${LIMITS.parts}`,
    });
  }
  const parts: Part[] = [];
  const find = finder(parts, writes.length + guards.length);
  const kinds: Kind[] = [];
  let written = 0;
  let bytes = 0;

  for (const write of writes) {
    const kind = 'put' in write ? write.put : write.delete;
    const key = keyspace.key(kind, write.id);
    // Nothing but writes has been looked at so far.
    if (find(key)) throw new BerthError('BERTH_INTERNAL', 'a unit writes a key twice', { place: key });
    const before = view.get(kind, write.id);
    const part = new Part(key, write.expect ?? before?.modRevision ?? 0);
    parts.push(part);
    bytes += key.length + FRAME;
    if (changesNothing(write, before) && settled(key)) continue;
    if (!kinds.includes(kind)) kinds.push(kind);
    written++;
    bytes += key.length + FRAME;
    if ('delete' in write) {
      part.write = 'delete';
      continue;
    }
    part.write = 'put';
    part.value = encode(kind, write.value);
    part.lease = write.lease;
    const length = Buffer.byteLength(part.value);
    if (length > LIMITS.value) throw tooLarge(key, length, LIMITS.value);
    bytes += length;
  }

  let ranges = NO_RANGES;
  for (const guard of guards) {
    if ('empty' in guard || 'settled' in guard) {
      ranges = [...ranges, rangeCondition(guard, keyspace, view)];
      continue;
    }
    const kind = 'absent' in guard ? guard.absent : guard.unchanged;
    const key = keyspace.key(kind, guard.id);
    const expected = 'absent' in guard ? 0 : (guard.at ?? view.get(kind, guard.id)?.modRevision ?? 0);
    const known = find(key);
    if (known && known.expected !== expected) throw conflict(key, known.expected, expected);
    if (known) continue;
    parts.push(new Part(key, expected));
    bytes += key.length + FRAME;
  }
  if (bytes > LIMITS.unit) {
    const keys = parts.filter(({ write }) => write).map(({ key }) => key);
    throw tooLarge(keys.join(', '), bytes, LIMITS.unit);
  }
  return { fence, parts, ranges, writes: written, kinds, bytes };
}

function rangeCondition(guard: Extract<Guard, { under: string }>, keyspace: Keyspace, view: View): RangeCondition {
  if ('empty' in guard) return { ...keyspace.range(guard.empty, guard.under), newest: 0 };
  const { settled, under, since } = guard;
  const newest = since ?? view.list(settled, under).reduce((most, { modRevision }) => Math.max(most, modRevision), 0);
  return { ...keyspace.range(settled, under), newest };
}

/** So many parts are searched through faster than their keys are hashed. */
const FEW = 8;

/**
 * Finds the part of a key among parts while these grow.
 *
 * @param count  how many there will be at most
 */
function finder(parts: readonly Part[], count: number): (key: string) => Part | undefined {
  if (count <= FEW) return (key) => parts.find((part) => part.key === key);
  const byKey = new Map<string, Part>();
  let indexed = 0;
  return (key) => {
    for (; indexed < parts.length; indexed++) byKey.set(parts[indexed]!.key, parts[indexed]!);
    return byKey.get(key);
  };
}

/** The store holds already what the write asks for, as far as the cache knows and unless the write expects another revision. */
function changesNothing(write: AnyWrite, before: Entry | undefined): boolean {
  if (write.expect !== undefined && write.expect !== (before?.modRevision ?? 0)) return false;
  if ('delete' in write) return !before;
  return !!before && before.lease === write.lease && sameValue(before.value, write.value);
}

/** Bytes may be written as text. */
const sameValue = (before: unknown, value: unknown): boolean =>
  Buffer.isBuffer(before) && typeof value === 'string'
    ? before.length === Buffer.byteLength(value) && before.toString() === value
    : sameJson(before, value);

export const conflict = (key: string, expected: number, found: number) =>
  new BerthError('BERTH_CONFLICT', 'the key changed since it was read', {
    place: key,
    found: found === 0 ? 'none' : `revision ${found}`,
    expected: expected === 0 ? 'none' : `revision ${expected}`,
  });

export const rangeConflict = ({ key, newest }: RangeCondition) =>
  new BerthError('BERTH_CONFLICT', newest === 0 ? 'a range that should be empty is not' : 'a range has newer keys', {
    place: key,
    expected: newest === 0 ? 'none' : `none after revision ${newest}`,
  });

const tooLarge = (place: string, bytes: number, limit: number) =>
  new BerthError('BERTH_TOO_LARGE', 'too large for etcd', {
    place,
    found: `${bytes} bytes`,
    expected: `at most ${Math.floor(limit)}`,
  });
