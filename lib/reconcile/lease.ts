import { messageOf } from '../errors/index.ts';
import { type Clock, type Log, sleep } from '../platform/index.ts';
import type { Kv } from '../store/index.ts';
import { aborter } from './signals.ts';

/** A lease that is being renewed. */
export interface Lease {
  readonly id: string;
  /** Seconds. */
  readonly ttl: number;
  /** Whether it surely lives still, by the monotonic clock: exact also right after the process was frozen. */
  readonly alive: boolean;
  /** Aborts when the lease may have run out, or has. */
  readonly lost: AbortSignal;
  /** Ends renewal and, as far as the store can be reached, the lease with all its keys. Never throws. */
  revoke(): Promise<void>;
}

export interface LeaseOptions {
  kv: Kv;
  clock: Clock;
  log: Log;
  /** Seconds. */
  ttl: number;
  /** Milliseconds until a renewal that failed is tried again. */
  retry: number;
}

/** Share of the TTL after which a lease counts as lost: the rest is for what is under way and for clocks that drift. */
const TRUSTED = 2 / 3;
/** Milliseconds that a farewell may take: who does not hear it waits for the TTL. */
const REVOKE_TIMEOUT = 2000;

/**
 * Grants a lease and renews it every third of its TTL. It is trusted for two thirds of the TTL from when the last
 * renewal that succeeded was *sent*: whenever the store received that, it was not before.
 *
 * @throws BERTH_STORE_… when none can be granted
 */
export async function holdLease({ kv, clock, log, ttl: wanted, retry }: LeaseOptions): Promise<Lease> {
  const asked = clock.monotonic();
  const granted = await kv.grantLease(wanted);
  const { id } = granted;
  // The store may give more than was asked (etcd: at least its election time-out) or, one day, less.
  const ttl = Math.min(wanted, granted.ttl);
  const trusted = ttl * 1000 * TRUSTED;
  const lost = aborter();
  const ended = aborter();
  let deadline = asked + trusted;

  const alive = () => !lost.signal.aborted && clock.monotonic() < deadline;
  const lose = (why: string) => {
    if (ended.signal.aborted) return;
    ended.abort();
    expiry.cancel();
    lost.abort(new Error(why));
  };
  const expire = () => {
    const rest = deadline - clock.monotonic();
    if (rest <= 0) lose(`the lease was not renewed for ${trusted} ms`);
    else expiry = clock.after(rest, expire);
  };
  let expiry = clock.after(deadline - clock.monotonic(), expire);

  const renew = async () => {
    let pause = (ttl * 1000) / 3;
    for (;;) {
      await sleep(clock, pause, ended.signal);
      const sent = clock.monotonic();
      try {
        const timeoutMs = Math.max(1, Math.min(5000, deadline - sent));
        const left = await kv.keepLeaseAlive(id, { timeoutMs, signal: ended.signal });
        if (left <= 0) return lose('the store has ended the lease');
        deadline = sent + trusted;
        pause = (ttl * 1000) / 3;
      } catch (error) {
        if (ended.signal.aborted) return;
        log.warn({ lease: id, error: messageOf(error) }, 'cannot renew the lease');
        pause = Math.min(retry, (ttl * 1000) / 6);
      }
    }
  };
  renew().catch(() => undefined); // Ends by `ended` alone.

  return {
    id,
    ttl,
    get alive() {
      return alive();
    },
    lost: lost.signal,
    async revoke() {
      ended.abort();
      expiry.cancel();
      lost.abort(new Error('the lease was given back'));
      await kv.revokeLease(id, { timeoutMs: REVOKE_TIMEOUT }).catch((error: unknown) => {
        log.debug({ lease: id, error: messageOf(error) }, 'the lease is left to run out');
      });
    },
  };
}
