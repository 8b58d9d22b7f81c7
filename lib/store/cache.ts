import { BerthError, messageOf } from '../errors/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
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

/** Waiting longer than this for an own write, one asks etcd how far it is. Milliseconds. */
const HURRY_AFTER = 500;

/**
 * The watch cache of a process: one list and one watch per prefix, parsed once, read by all controllers.
 *
 * Within a prefix it always shows the state of one revision. Of a transaction over two prefixes it may show one half
 * a moment before the other.
 */
export function createCache({ kv, keyspace, clock, random, log, prefixes = keyspace.prefixes }: CacheOptions): WatchCache {
  const holdings = new Holdings(keyspace);
  const listeners = new Set<(changes: readonly Change[], about: Batch) => void>();
  const parts = new Map<string, { progress: Progress; reflector: Reflector; listed: boolean }>();
  const stopped = new AbortController();
  const waitingForSync = new Set<() => void>();

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
          if (isSynced()) for (const resolve of waitingForSync) resolve();
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

  const isSynced = () => [...parts.values()].every(({ listed }) => listed);

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
      for (const { reflector } of parts.values()) reflector.stop();
      stopped.abort(new BerthError('BERTH_STORE_UNAVAILABLE', 'the cache has been stopped'));
    },
    synced: (signal) =>
      abortable(isSynced() ? undefined : new Promise<void>((resolve) => waitingForSync.add(resolve)), [
        stopped.signal,
        signal,
      ]),
    async reached(revision, signal) {
      for (const { progress, reflector } of parts.values()) {
        const delivered = progress.reached(revision);
        if (!delivered) continue;
        const timer = clock.after(HURRY_AFTER, () => reflector.hurry());
        try {
          await abortable(delivered, [stopped.signal, signal]);
        } finally {
          timer.cancel();
        }
      }
    },
    wrote(kinds, revision) {
      for (const prefix of new Set([...kinds].map((kind) => keyspace.prefixOf(kind)))) {
        partOf(prefix)?.progress.wrote(revision);
      }
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

/** @throws the reason of the first signal that aborts before the promise settles */
async function abortable(promise: Promise<void> | undefined, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
  signal.throwIfAborted();
  if (!promise) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
