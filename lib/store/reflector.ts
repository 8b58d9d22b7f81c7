import { type BerthError, messageOf } from '../errors/index.ts';
import type { Clock, Log, Random, Timer } from '../platform/index.ts';
import type { KeyRange } from './keyspace.ts';
import type { KeyValue, Kv, Watch, WatchEvent } from './kv.ts';
import { list } from './list.ts';

/** Milliseconds. */
export const timing = {
  /** Before the first relist and between later ones at most, halved at random. Kubernetes' reflector: the same. */
  backoff: { first: 800, factor: 2, most: 30_000 },
  /** A watch that lived so long proves that the trouble is over. */
  recovered: 3_000,
  /** Each watch ends at a random point of this span, so that no connection lives for ever and members share the load. */
  watch: { least: 300_000, most: 600_000 },
  /** So long without a word, then a progress notice is asked for … */
  idle: 10_000,
  /** … and this long waited for it. */
  grace: 5_000,
  /** How long a progress notice must stand without an event after it before it is believed. */
  settle: 1_000,
};

/** Where a reflector delivers. Nothing is delivered after `stop`, or by a stream that was given up. */
export interface Sink {
  /** The whole range, as of `revision`. */
  replace(kvs: KeyValue[], revision: number): void;
  /** Whole revisions, in order, without a gap since the last call. */
  apply(events: WatchEvent[], revision: number): void;
  /** Nothing has happened up to `revision`. */
  progress(revision: number): void;
}

export interface ReflectorHealth {
  /** Milliseconds since etcd was last heard of on this range. */
  ageMs: number;
  lists: number;
  watches: number;
  /** Why it was listed again the last time. */
  lastFailure?: string;
}

export interface Reflector {
  start(): void;
  stop(): void;
  /** Somebody waits: asks for progress now, instead of when the watch falls silent. It takes two, see `noticed`. */
  hurry(): void;
  health(): ReflectorHealth;
}

/**
 * Keeps a copy of a range true: lists it at one revision, watches from the next, keeps its own cursor.
 *
 * - A watch that it ends itself, because of age, is resumed from the cursor.
 * - One that ends in any other way (compaction, cancel, lost connection, silence, a revision below the cursor) is
 *   followed by a list: after a restore from a snapshot a resumed watch would deliver the future of another past, and
 *   once the restored store has overtaken the cursor nothing in a watch shows that.
 * - Each list and watch has a generation; only the latest may deliver.
 */
export function createReflector(given: {
  kv: Kv;
  range: KeyRange;
  sink: Sink;
  clock: Clock;
  random: Random;
  log: Log;
}): Reflector {
  const { kv, range, sink, clock, random, log } = given;
  let generation = 0;
  /** All up to here has been delivered. */
  let cursor = 0;
  let watch: Watch | undefined;
  let abort = new AbortController();
  const timers = new Set<Timer>();
  let failures = 0;
  let heardAt = clock.monotonic();
  /** A progress notice that no event has followed so far. */
  let notice: { revision: number; at: number } | undefined;
  let lists = 0;
  let watches = 0;
  let lastFailure: string | undefined;

  /** Ends what is under way. */
  function next(): number {
    for (const timer of timers) timer.cancel();
    timers.clear();
    watch?.cancel();
    watch = undefined;
    abort.abort();
    abort = new AbortController();
    notice = undefined;
    return ++generation;
  }

  function after(ms: number, action: () => void): void {
    const timer = clock.after(ms, () => {
      timers.delete(timer);
      action();
    });
    timers.add(timer);
  }

  async function relist(): Promise<void> {
    const mine = next();
    lists++;
    try {
      const { kvs, revision } = await list(kv, range, { signal: abort.signal });
      if (mine !== generation) return;
      cursor = revision;
      heardAt = clock.monotonic();
      sink.replace(kvs, revision);
      if (mine === generation) follow();
    } catch (error) {
      if (mine === generation) failed(messageOf(error));
    }
  }

  function failed(reason: string): void {
    next();
    const { first, factor, most } = timing.backoff;
    const delay = Math.min(most, first * factor ** failures++) * (0.5 + random.next() / 2);
    lastFailure = reason;
    log.info({ range: range.key, cursor, reason, delay: Math.round(delay) }, 'the watch is over, listing again');
    after(delay, () => void relist());
  }

  function follow(): void {
    const mine = next();
    watches++;
    const openedAt = clock.monotonic();
    let asked = false;
    heardAt = openedAt;

    watch = kv.watch({
      ...range,
      startRevision: cursor + 1,
      onEvents(events, revision) {
        if (mine !== generation) return;
        heardAt = clock.monotonic();
        asked = false;
        if (heardAt - openedAt >= timing.recovered) failures = 0;
        if (revision < cursor) failed(`the store went back from revision ${cursor} to ${revision}`);
        else if (events.length === 0) noticed(revision);
        else {
          cursor = revision;
          notice = undefined;
          sink.apply(events, revision);
        }
      },
      onEnd(error: BerthError) {
        if (mine === generation) failed(error.message);
      },
    });

    const { least, most } = timing.watch;
    after(least + random.next() * (most - least), follow);
    const look = () => {
      const silent = clock.monotonic() - heardAt;
      if (silent < timing.idle) return after(timing.idle - silent, look);
      if (asked) return failed(`silent for ${Math.round(silent)} ms`);
      asked = true;
      watch?.requestProgress();
      after(timing.grace, look);
    };
    after(timing.idle, look);
  }

  /**
   * etcd before 3.4.25 and 3.5.8 may send a notice that was asked for ahead of events of the same or a lower revision
   * (etcd issue 15220). So a notice counts only when another one comes a while later with no event between them.
   */
  function noticed(revision: number): void {
    const now = clock.monotonic();
    if (notice && now - notice.at >= timing.settle) {
      if (notice.revision > cursor) {
        cursor = notice.revision;
        sink.progress(cursor);
      }
      notice = undefined;
    }
    notice ??= { revision, at: now };
  }

  return {
    start: () => void relist(),
    stop: () => void next(),
    hurry: () => watch?.requestProgress(),
    health: () => ({
      ageMs: clock.monotonic() - heardAt,
      lists,
      watches,
      ...(lastFailure !== undefined && { lastFailure }),
    }),
  };
}
