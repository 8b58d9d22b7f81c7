/** What a controller sees of the store: a cache to read, a writer for what it owns. */

import type { IndexOf } from './indexes.ts';
import type { Kind, RecordOf } from './keys.ts';
import type { Stray } from './keyspace.ts';

/** A record as the cache holds it. Frozen in spirit: never changed in place. */
export interface Entry<K extends Kind = Kind> {
  readonly kind: K;
  /** What follows the kind's prefix: `my-cloud/h-1`. */
  readonly id: string;
  readonly value: RecordOf<K>;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Decimal id of the lease that it lives on; absent: none. */
  readonly lease?: string;
}

/** One key changed. `before` is absent for what is new, `after` for what is gone. */
export interface Change<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly before?: Entry<K>;
  readonly after?: Entry<K>;
}

/**
 * The watch cache of a process: all that the process reads, as of one revision. Shared by all controllers.
 * Synchronous: a pure plan that runs without an await sees one consistent state.
 */
export interface View {
  /**
   * Everything below berth's own prefix, up to and including this revision, is in here. It grows with what happens
   * there and, some seconds late, with what happens elsewhere in the same etcd.
   */
  readonly revision: number;
  get<K extends Kind>(kind: K, id: string): Entry<K> | undefined;
  /** All of a kind; with `under`, those whose id begins with these segments: `list('hosts', 'my-cloud')`. Ordered by id. */
  list<K extends Kind>(kind: K, under?: string): Entry<K>[];
  /** By a secondary index of `lib/store/indexes.ts`: `by('assignments', 'container', 'default/shop/web-0')`. Ordered by id. */
  by<K extends Kind>(kind: K, index: IndexOf<K>, value: string): Entry<K>[];
}

/** What came with a batch of changes. */
export interface Batch {
  revision: number;
  /** The first list of a prefix, not news. */
  initial: boolean;
  /** `strays()` answers something else than before. */
  straysChanged: boolean;
}

export interface Cache extends View {
  /** Resolves when everything has been listed once. */
  synced(signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when everything up to `revision` is in here; that may take some seconds for a prefix in which nothing
   * happens. Read-your-writes: for the revision of a `commit` of this process it resolves as soon as what the process
   * had committed up to then is in here, which is exact, and waits for no prefix that those commits did not touch.
   */
  reached(revision: number, signal?: AbortSignal): Promise<void>;
  /** For the writer: a transaction with these kinds landed at `revision`; `reached` waits for it. */
  wrote(kinds: Iterable<Kind>, revision: number): void;
  /** Keys below our prefixes that are no records, by key: foreign, with a wrong number of segments, or broken JSON. */
  strays(): readonly Stray[];
  /**
   * All changes of a batch at once, in order, after the cache holds them. A key that changed twice is in there twice.
   * @returns a function that ends the subscription
   */
  subscribe(listener: (changes: readonly Change[], about: Batch) => void): () => void;
}

/** A record that is bytes may be written as the text that it is: that spares a copy. */
type TextOf<K extends Kind> = RecordOf<K> extends Buffer ? string : never;

export type Write<K extends Kind = Kind> = {
  [P in K]:
    | {
        put: P;
        id: string;
        value: RecordOf<P> | TextOf<P>;
        /** mod_revision that the key must have, 0 for a create. Default: what the cache held when `commit` was called. */
        expect?: number;
        lease?: string;
      }
    | { delete: P; id: string; expect?: number };
}[K];

/** A condition on somebody else's key, beside the leader's key and the keys written, which are always compared. */
export type Guard =
  /** The key is as the cache holds it, or at the revision given (0: absent). */
  | { unchanged: Kind; id: string; at?: number }
  | { absent: Kind; id: string }
  /** No key of the kind below this id prefix (whole segments). */
  | { empty: Kind; under: string }
  /**
   * No key of the kind below this id prefix is newer than what was decided on: none was put after revision `since`.
   * Deletions do not matter. Default: the newest of them that the cache held when `commit` was called.
   */
  | { settled: Kind; under: string; since?: number };

/** Writes that land together or not at all. At most 120 writes and guards in all. */
export interface Unit<K extends Kind = Kind> {
  writes: Write<K>[];
  guards?: Guard[];
}

/**
 * Writes for one leader, of the kinds it owns. Each unit compares the leader's key, the expected mod_revision of each
 * key written, and its guards. Units of the same turn share transactions; a unit that fails does not fail its neighbours.
 */
export interface Store<Owned extends Kind = Kind> {
  /**
   * @returns the revision at which the writes are in the store. A unit without effect (every put equals what the
   *   cache holds, every delete is of an absent key) is not sent, whatever its guards, and answers the cache's revision;
   *   one that was sent answers a revision above what the cache's was at the call
   * @throws BERTH_CONFLICT when a comparison failed and the writes are not in the store: read again
   * @throws BERTH_NOT_LEADER when the lead is lost; BERTH_NOT_OWNER for a kind not owned; BERTH_STORE_… otherwise.
   *   An unknown outcome is resolved by reading back before this returns or throws
   */
  commit(unit: Unit<Owned>): Promise<number>;
  /** One write of its own. */
  put<K extends Owned>(
    kind: K,
    id: string,
    value: RecordOf<K>,
    options?: { guards?: Guard[]; lease?: string },
  ): Promise<number>;
  delete<K extends Owned>(kind: K, id: string, options?: { guards?: Guard[] }): Promise<number>;
  /** Reads past the cache, linearizable; for the few decisions that no guard can carry. */
  read<K extends Kind>(kind: K, id: string): Promise<Entry<K> | undefined>;
}
