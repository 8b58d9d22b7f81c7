import { BerthError, messageOf } from '../errors/index.ts';
import type { Clock, Log, Random, Timer } from '../platform/index.ts';
import { Holdings, type Outcome } from './holdings.ts';
import type { Keyspace } from './keyspace.ts';
import { type Kv, prefixEnd } from './kv.ts';
import { Progress } from './progress.ts';
import { createReflector, type Reflector, type ReflectorHealth } from './reflector.ts';
import type { Batch, Cache, Change } from './types.ts';

export interface CacheOptions {
  kv: Kv;
  keyspace: Keyspace;
  clock: Clock;
  random: Random;
  log: Log;
  /** What to hold. Default: all of the keyspace's. */
  prefixes?: readonly string[];
}

/** How fresh the cache is, one per prefix, for gauges and `/readyz`. */
export interface PrefixHealth extends ReflectorHealth {
  prefix: string;
  synced: boolean;
  revision: number;
}

export interface WatchCache extends Cache {
  /** Begins to list and watch. */
  start(): void;
  /** Ends all watches and fails all who wait. What is held stays readable. */
  stop(): void;
  health(): PrefixHealth[];
}

/** Whoever waits for a revision asks etcd this often how far it is. Milliseconds. */
const HURRY = 600;
/** Own commits remembered. For one that is forgotten, `reached` waits for all prefixes: longer, never wrong. */
const COMMITS = 10_000;

/**
 * The watch cache of a process: one list and one watch per prefix, parsed once, read by all controllers.
 *
 * Within a prefix it always shows the state of one revision. Of a transaction over two prefixes it may show one half
 * a moment before the other.
 */
export function createCache({
  kv,
  keyspace,
  clock,
  random,
  log,
  prefixes = keyspace.prefixes,
}: CacheOptions): WatchCache {
  const holdings = new Holdings(keyspace);
  const listeners = new Set<(changes: readonly Change[], about: Batch) => void>();
  const parts = new Map<string, { progress: Progress; reflector: Reflector; listed: boolean }>();
  const commits = new Set<number>();

  for (const prefix of prefixes) {
    const progress = new Progress();
    const reflector = createReflector({
      kv,
      range: { key: prefix, end: prefixEnd(prefix) },
      clock,
      random,
      log,
      sink: {
        replace(kvs, revision) {
          const part = parts.get(prefix)!;
          const initial = !part.listed;
          const outcome = holdings.replace(prefix, kvs);
          part.listed = true;
          progress.relisted(revision);
          publish(outcome, revision, initial);
        },
        apply(events, revision) {
          const outcome = holdings.apply(events);
          progress.advance(revision);
          publish(outcome, revision, false);
        },
        progress: (revision) => progress.advance(revision),
      },
    });
    parts.set(prefix, { progress, reflector, listed: false });
  }

  function publish({ changes, strays, straysChanged }: Outcome, revision: number, initial: boolean): void {
    for (const { key, problem } of strays) log.warn({ key, problem }, 'a key that is no record');
    if (changes.length === 0 && !straysChanged) return;
    for (const listener of [...listeners]) {
      try {
        listener(changes, { revision, initial, straysChanged });
      } catch (error) {
        log.error({ error: messageOf(error) }, 'a subscriber of the cache failed');
      }
    }
  }

  const partOf = (prefix: string) => parts.get(prefix);

  return {
    get revision() {
      return partOf(keyspace.prefixes[0]!)?.progress.delivered ?? 0;
    },
    get: (kind, id) => holdings.collection(kind).get(id),
    list: (kind, under) => holdings.collection(kind).list(under),
    by: (kind, index, value) => holdings.collection(kind).by(index, value),
    strays: () => holdings.strays(),

    start() {
      for (const { reflector } of parts.values()) reflector.start();
    },
    stop() {
      const reason = new BerthError('BERTH_STORE_UNAVAILABLE', 'the cache has been stopped');
      for (const { reflector, progress } of parts.values()) {
        reflector.stop();
        progress.fail(reason);
      }
    },
    async synced(signal) {
      // No store is at a revision below 1.
      for (const { progress } of parts.values()) await abortable(progress.until(1), signal);
    },
    async reached(revision, signal) {
      const ours = commits.has(revision);
      for (const { progress, reflector } of parts.values()) {
        const delivered = progress.until(ours ? progress.owed(revision) : revision);
        if (!delivered) continue;
        const nagging = every(clock, HURRY, () => reflector.hurry());
        try {
          await abortable(delivered, signal);
        } finally {
          nagging.cancel();
        }
      }
    },
    wrote(kinds, revision) {
      commits.add(revision);
      if (commits.size > COMMITS) for (const oldest of commits) if (commits.delete(oldest)) break;
      for (const kind of kinds) partOf(keyspace.prefixOf(kind))?.progress.wrote(revision);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    health: () =>
      [...parts].map(([prefix, { progress, reflector, listed }]) => ({
        prefix,
        synced: listed,
        revision: progress.delivered,
        ...reflector.health(),
      })),
  };
}

function every(clock: Clock, ms: number, action: () => void): Timer {
  let timer = clock.after(ms, function again() {
    action();
    timer = clock.after(ms, again);
  });
  return { cancel: () => timer.cancel() };
}

/** @throws the signal's reason when it aborts before the promise settles */
function abortable(promise: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (!promise) return Promise.resolve();
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
