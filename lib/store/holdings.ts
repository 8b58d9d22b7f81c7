import { Collection } from './collection.ts';
import { sameJson } from './json.ts';
import type { Kind } from './keys.ts';
import { allKinds, type Keyspace, type Located, type Stray } from './keyspace.ts';
import type { KeyValue, WatchEvent } from './kv.ts';
import { decode } from './records.ts';
import type { Change, Entry } from './types.ts';

/** What an update did. */
export interface Outcome {
  changes: Change[];
  /** New ones. */
  strays: Stray[];
  straysChanged: boolean;
}

/** All that the cache holds, and how events and lists change it. Knows nothing of time, watches or subscribers. */
export class Holdings {
  readonly #keyspace: Keyspace;
  /** Of each kind the collection of that kind: `fromEntries` cannot say so. */
  readonly #collections: { [K in Kind]: Collection<K> } = Object.fromEntries(
    allKinds.map((kind): unknown[] => [kind, new Collection(kind)]),
  );
  readonly #strays = new Map<string, Stray>();

  constructor(keyspace: Keyspace) {
    this.#keyspace = keyspace;
  }

  collection<K extends Kind>(kind: K): Collection<K> {
    return this.#collections[kind];
  }

  /** By key. */
  strays(): Stray[] {
    return [...this.#strays.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Takes over events, in order. What is not newer than what stands here changes nothing. */
  apply(events: readonly WatchEvent[]): Outcome {
    const outcome: Outcome = { changes: [], strays: [], straysChanged: false };
    for (const { type, kv } of events) {
      const located = this.#keyspace.parse(kv.key);
      const before = located && this.collection(located.kind).get(located.id);
      const known = before ?? this.#strays.get(kv.key);
      if (known && kv.modRevision <= known.modRevision) continue;
      if (type === 'put') this.#put(located, kv, outcome);
      else {
        if (this.#strays.delete(kv.key)) outcome.straysChanged = true;
        this.#drop(before, outcome);
      }
    }
    return outcome;
  }

  /**
   * Takes over a whole list of a prefix, with a deletion for each key that is not in it. An entry counts as unchanged
   * when its revisions and its content are the same: after a restore of etcd the same revision can hold something else.
   */
  replace(prefix: string, kvs: readonly KeyValue[]): Outcome {
    const outcome: Outcome = { changes: [], strays: [], straysChanged: false };
    const listed = new Set<string>();
    const kept = new Set<Entry>();
    for (const kv of kvs) {
      listed.add(kv.key);
      const entry = this.#put(this.#keyspace.parse(kv.key), kv, outcome);
      if (entry) kept.add(entry);
    }
    for (const kind of allKinds) {
      if (this.#keyspace.prefixOf(kind) !== prefix) continue;
      for (const entry of this.collection(kind).list()) if (!kept.has(entry)) this.#drop(entry, outcome);
    }
    for (const key of this.#strays.keys()) {
      if (key.startsWith(prefix) && !listed.has(key)) outcome.straysChanged = this.#strays.delete(key);
    }
    return outcome;
  }

  /** @returns what is held under the key from now on */
  #put(located: Located | undefined, kv: KeyValue, outcome: Outcome): Entry | undefined {
    const read = decode(this.#keyspace, located, kv);
    const before = located && this.collection(located.kind).get(located.id);
    if ('problem' in read) {
      const known = this.#strays.get(kv.key);
      this.#strays.set(kv.key, read);
      this.#drop(before, outcome);
      if (known?.modRevision === kv.modRevision) return undefined;
      outcome.strays.push(read);
      outcome.straysChanged = true;
      return undefined;
    }
    if (this.#strays.delete(kv.key)) outcome.straysChanged = true;
    if (before && unchanged(before, read)) return before;
    this.collection(read.kind).set(read);
    const { kind, id } = read;
    outcome.changes.push(before ? { kind, id, before, after: read } : { kind, id, after: read });
    return read;
  }

  #drop(before: Entry | undefined, outcome: Outcome): void {
    if (!before) return;
    this.collection(before.kind).delete(before.id);
    outcome.changes.push({ kind: before.kind, id: before.id, before });
  }
}

const unchanged = (before: Entry, after: Entry): boolean =>
  before.modRevision === after.modRevision &&
  before.createRevision === after.createRevision &&
  before.lease === after.lease &&
  sameJson(before.value, after.value);
