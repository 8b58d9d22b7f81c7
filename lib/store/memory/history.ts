import type { KeyValue, RangeRequest, RangeResponse, WatchEvent } from '../kv.ts';
import { compacted, invalid, notYet } from './errors.ts';
import { type KeyRange, SortedByKey } from './sorted.ts';

/** What one transaction changed. */
export interface Revision {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** All versions of one key that are not compacted, oldest first. A deletion is a version too: it has `version` 0. */
interface KeyHistory {
  readonly key: string;
  versions: KeyValue[];
}

const NOTHING = Buffer.alloc(0);

/**
 * A store of all versions of all keys, with etcd's revisions: an empty one is at revision 1, each transaction that
 * changes something is one revision. Values are neither copied nor changed.
 */
export class History {
  #revision = 1;
  #compacted = -1;
  #keys = new Map<string, KeyHistory>();
  #sorted = new SortedByKey<KeyHistory>();
  /** `#log[i]` is revision `#logStart + i`. */
  #log: Revision[] = [];
  #logStart = 2;
  /** Of the revision in the making. */
  #changes: WatchEvent[] = [];

  get revision(): number {
    return this.#revision;
  }

  /** The revision of the last compaction, -1 for none. It can still be read; what came before cannot. */
  get compacted(): number {
    return this.#compacted;
  }

  /** The revisions from `revision` on that are not compacted. */
  since(revision: number): readonly Revision[] {
    return this.#log.slice(Math.max(0, revision - this.#logStart));
  }

  current(key: string): KeyValue | undefined {
    const last = this.#keys.get(key)?.versions.at(-1);
    return last && last.version > 0 ? last : undefined;
  }

  /** All live keys of a range, now. */
  live(range: KeyRange): KeyValue[] {
    const found: KeyValue[] = [];
    this.#visit(range, Number.POSITIVE_INFINITY, (kv) => found.push(kv));
    return found;
  }

  /** @throws BERTH_STORE_COMPACTED, BERTH_STORE_INVALID */
  range(request: RangeRequest): RangeResponse {
    if (request.key === '') throw invalid('key is not provided');
    const at = request.revision ?? 0;
    if (at > this.#revision) throw notYet(at, this.#revision);
    if (at > 0 && at < this.#compacted) throw compacted(at, this.#compacted);
    const limit = request.countOnly ? 0 : request.limit || Number.POSITIVE_INFINITY;
    const kvs: KeyValue[] = [];
    let count = 0;
    this.#visit(request, at > 0 ? at : this.#revision, (kv) => {
      if (count++ < limit) kvs.push(request.keysOnly ? { ...kv, value: NOTHING } : kv);
    });
    return { revision: this.#revision, kvs, more: !request.countOnly && count > kvs.length, count };
  }

  /**
   * Puts a key in the revision that is in the making; `current` and `live` show it at once. A key is changed at most
   * once in a revision.
   * @returns what was there before
   */
  put(key: string, value: Buffer, lease: string): KeyValue | undefined {
    const before = this.current(key);
    const revision = this.#revision + 1;
    const createRevision = before?.createRevision ?? revision;
    const version = (before?.version ?? 0) + 1;
    this.#append('put', { key, value, createRevision, modRevision: revision, version, lease });
    return before;
  }

  /** The same for a deletion. An absent key is no change. */
  delete(key: string): KeyValue | undefined {
    const before = this.current(key);
    if (!before) return undefined;
    const modRevision = this.#revision + 1;
    this.#append('delete', { key, value: NOTHING, createRevision: 0, modRevision, version: 0, lease: '0' });
    return before;
  }

  /** Ends the revision in the making. @returns undefined when nothing has changed; then there is none */
  commit(): Revision | undefined {
    if (this.#changes.length === 0) return undefined;
    const made = { revision: ++this.#revision, events: this.#changes };
    this.#changes = [];
    this.#log.push(made);
    return made;
  }

  /** Forgets versions superseded at `revision`. @throws BERTH_STORE_COMPACTED, BERTH_STORE_INVALID */
  compact(revision: number): void {
    if (revision <= this.#compacted) throw compacted(revision, this.#compacted);
    if (revision > this.#revision) throw notYet(revision, this.#revision);
    this.#compacted = revision;
    const superseded = this.#log.slice(0, Math.max(0, revision + 1 - this.#logStart));
    for (const { events } of superseded) for (const { kv } of events) this.#trim(kv.key);
    const dropped = Math.max(0, revision - this.#logStart);
    this.#log.splice(0, dropped);
    this.#logStart += dropped;
  }

  /** A copy that goes its own way from here. */
  copy(): History {
    const copy = new History();
    copy.#revision = this.#revision;
    copy.#compacted = this.#compacted;
    copy.#log = [...this.#log];
    copy.#logStart = this.#logStart;
    for (const { key, versions } of this.#keys.values()) copy.#insert({ key, versions: [...versions] });
    return copy;
  }

  #visit(range: KeyRange, revision: number, visit: (kv: KeyValue) => void): void {
    if (range.end === undefined) {
      const only = this.#keys.get(range.key);
      const kv = only && asOf(only, revision);
      if (kv) visit(kv);
      return;
    }
    this.#sorted.forEach(range, (history) => {
      const kv = asOf(history, revision);
      if (kv) visit(kv);
    });
  }

  #append(type: WatchEvent['type'], kv: KeyValue): void {
    this.#changes.push({ type, kv });
    const history = this.#keys.get(kv.key);
    if (history) history.versions.push(kv);
    else this.#insert({ key: kv.key, versions: [kv] });
  }

  #insert(history: KeyHistory): void {
    this.#keys.set(history.key, history);
    this.#sorted.add(history);
  }

  /** Keeps the version that the compacted revision shows, unless that is a deletion, and all later ones. */
  #trim(key: string): void {
    const history = this.#keys.get(key);
    if (!history) return;
    let keep = history.versions.findLastIndex((kv) => kv.modRevision <= this.#compacted);
    if (keep < 0) return;
    if (history.versions[keep]!.version === 0) keep++;
    history.versions.splice(0, keep);
    if (history.versions.length > 0) return;
    this.#keys.delete(key);
    this.#sorted.delete(key);
  }
}

/** The key as a revision shows it; undefined where it did not exist. */
function asOf({ versions }: KeyHistory, revision: number): KeyValue | undefined {
  let i = versions.length - 1;
  while (i >= 0 && versions[i]!.modRevision > revision) i--;
  const kv = versions[i];
  return kv && kv.version > 0 ? kv : undefined;
}
