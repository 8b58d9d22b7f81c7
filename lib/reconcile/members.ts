import { messageOf } from '../errors/index.ts';
import { type Clock, type Log, sleep } from '../platform/index.ts';
import type { MemberRecord } from '../records/index.ts';
import type { Cache, Keyspace, Kv } from '../store/index.ts';
import { timestamp } from './conditions.ts';
import { holdLease } from './lease.ts';
import { anyOf } from './signals.ts';

/** Who this process is. */
export interface Identity {
  /** Unique per process: `members/<replica>`. */
  replica: string;
  hostname: string;
  pid: number;
  version: string;
  /** Where its HTTP port is reached, where it has one. */
  http?: string;
}

/**
 * Keeps `members/<replica>` there while the process lives, until `signal` aborts; then takes it away. Written again
 * whenever its lease is lost, or somebody deletes it.
 */
export async function keepMembership(
  options: {
    identity: Identity;
    /** What this process would lead. */
    leads: readonly string[];
    kv: Kv;
    cache: Cache;
    keyspace: Keyspace;
    clock: Clock;
    log: Log;
    /** Seconds. */
    ttl: number;
    /** Milliseconds. */
    retry: number;
  },
  signal: AbortSignal,
): Promise<void> {
  const { identity, leads, kv, keyspace, clock, log, retry } = options;
  const { replica, ...about } = identity;
  const record: MemberRecord = { ...about, leads: [...leads], since: timestamp(clock.now()) };
  const key = keyspace.key('members', replica);
  while (!signal.aborted) {
    try {
      const lease = await holdLease(options);
      try {
        await kv.txn({ compare: [], then: [{ put: key, value: JSON.stringify(record), lease: lease.id }] });
        await ending(options, anyOf(lease.lost, signal));
      } finally {
        await lease.revoke();
      }
    } catch (error) {
      log.warn({ replica, error: messageOf(error) }, 'cannot announce this replica');
    }
    await sleep(clock, retry, signal).catch(() => undefined);
  }
}

/** Resolves when the signal aborts, or the cache sees the key go. */
function ending(
  { identity, cache }: { identity: Identity; cache: Cache },
  { signal, release }: { signal: AbortSignal; release(): void },
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe();
      release();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const unsubscribe = cache.subscribe((changes) => {
      if (changes.some(({ kind, id, after }) => kind === 'members' && id === identity.replica && !after)) end();
    });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
