import { messageOf } from '../errors/index.ts';
import { type Clock, type Log, sleep } from '../platform/index.ts';
import type { MemberRecord } from '../records/index.ts';
import type { Keyspace, Kv } from '../store/index.ts';
import { timestamp } from './conditions.ts';
import { holdLease } from './lease.ts';

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
 * whenever its lease is lost.
 */
export async function keepMembership(
  options: {
    identity: Identity;
    /** What this process would lead. */
    leads: readonly string[];
    kv: Kv;
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
        await either(lease.lost, signal);
      } finally {
        await lease.revoke();
      }
    } catch (error) {
      log.warn({ replica, error: messageOf(error) }, 'cannot announce this replica');
    }
    await sleep(clock, retry, signal).catch(() => undefined);
  }
}

/** Resolves when one of the two aborts. */
function either(a: AbortSignal, b: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      a.removeEventListener('abort', end);
      b.removeEventListener('abort', end);
      resolve();
    };
    if (a.aborted || b.aborted) return end();
    a.addEventListener('abort', end);
    b.addEventListener('abort', end);
  });
}
