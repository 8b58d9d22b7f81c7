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

  /** All live keys of a range as of a revision, the current one by default. */
  live(range: KeyRange, revision = this.#revision): KeyValue[] {
    const found: KeyValue[] = [];
    this.#visit(range, revision, (kv) => found.push(kv));
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

  /** Begins the next revision. What it changes can be read at once; `end` makes a revision of it if there was a change. */
  begin(): Batch {
    const revision = this.#revision + 1;
    const events: WatchEvent[] = [];
    return {
      put: (key, value, lease) => {
        const before = this.current(key);
        const kv: KeyValue = {
          key,
          value,
          createRevision: before?.createRevision ?? revision,
          modRevision: revision,
          version: (before?.version ?? 0) + 1,
          lease,
        };
        this.#append(kv);
        events.push({ type: 'put', kv });
        return before;
      },
      delete: (key) => {
        const before = this.current(key);
        if (!before) return undefined;
        const kv: KeyValue = { key, value: NOTHING, createRevision: 0, modRevision: revision, version: 0, lease: '0' };
        this.#append(kv);
        events.push({ type: 'delete', kv });
        return before;
      },
      live: (range) => this.live(range, revision),
      end: () => {
        if (events.length === 0) return undefined;
        this.#revision = revision;
        const done = { revision, events };
        this.#log.push(done);
        return done;
      },
    };
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
    const visitKey = ({ versions }: KeyHistory) => {
      let i = versions.length - 1;
      while (i >= 0 && versions[i]!.modRevision > revision) i--;
      if (i >= 0 && versions[i]!.version > 0) visit(versions[i]!);
    };
    if (range.end === undefined) {
      const only = this.#keys.get(range.key);
      if (only) visitKey(only);
    } else {
      this.#sorted.forEach(range, visitKey);
    }
  }

  #append(kv: KeyValue): void {
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

/** The changes of one revision in the making. A key is changed at most once in it. */
export interface Batch {
  /** @returns what was there before */
  put(key: string, value: Buffer, lease: string): KeyValue | undefined;
  /** @returns what was there before; an absent key is no change */
  delete(key: string): KeyValue | undefined;
  /** Live keys, with the changes of this batch. */
  live(range: KeyRange): KeyValue[];
  end(): Revision | undefined;
}
