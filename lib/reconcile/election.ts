import { BerthError, messageOf } from '../errors/index.ts';
import { type Clock, type Log, type Random, sleep, uid } from '../platform/index.ts';
import type { LeaderRecord } from '../records/index.ts';
import type { Cache, Keyspace, KeyValue, Kv } from '../store/index.ts';
import { OutcomeUnknown } from '../store/index.ts';
import { timestamp } from './conditions.ts';
import { holdLease, type Lease } from './lease.ts';
import { aborter } from './signals.ts';

export interface ElectionOptions {
  /** What is led: `placement`, `container/3`. Its key is `leaders/<name>`. */
  name: string;
  /** Of this replica. */
  identity: string;
  kv: Kv;
  keyspace: Keyspace;
  cache: Cache;
  clock: Clock;
  random: Random;
  log: Log;
  /** Seconds that a leader which died keeps the lead. Default 15. */
  ttl?: number;
  /** Milliseconds between attempts while the seat is empty or the store fails. Default 2,000. */
  retry?: number;
}

/** One term of office. What a store needs to fence its writes: the key, and the revision that it was created at. */
export interface Lead {
  readonly key: string;
  /** Grows with every new leader of the same store. */
  readonly createRevision: number;
  /** Aborts when the lead is lost or may be. */
  readonly signal: AbortSignal;
  /** @throws BERTH_NOT_LEADER when the lead is lost or may be, by the monotonic clock */
  check(): void;
  /** Ends the term: somebody found out that the lead is lost. */
  giveUp(why: string): void;
}

/**
 * Campaigns for a lead, serves, and campaigns again, until `signal` aborts. `serve` runs for each term; it must return
 * soon when the lead's signal aborts, and when `signal` does (which leaves it the lead until it returns, for an orderly
 * end). After it the lead is given back, so that another replica takes over at once.
 *
 * Unlike in Kubernetes this fences: every write of a leader compares `key` with `createRevision`.
 */
export async function campaign(
  options: ElectionOptions,
  serve: (lead: Lead) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { name, clock, log, cache, ttl = 15, retry = 2000 } = options;
  const pause = (ms: number) => sleep(clock, ms, signal).catch(() => undefined);
  while (!signal.aborted) {
    // A cache that hears nothing must not keep the seat empty: try now and then in spite of it.
    if (cache.get('leaders', name)) await vacancy(options, ttl * 1000 + retry, signal);
    if (signal.aborted) return;
    const term = await attempt(options, { ttl, retry }).catch((error: unknown) => {
      log.warn({ leader: name, error: messageOf(error) }, 'cannot campaign');
      return undefined;
    });
    if (!term) {
      await pause(retry);
      continue;
    }
    log.info({ leader: name, fence: term.lead.createRevision }, 'leads');
    try {
      if (!signal.aborted) await serve(term.lead);
    } catch (error) {
      log.error({ leader: name, error: messageOf(error) }, 'the term ended with an error');
    }
    await term.resign();
    log.info({ leader: name }, 'leads no more');
    if (!signal.aborted) await pause(retry);
  }
}

/** Resolves when the cache sees nobody in the seat; after `ms`, or when `signal` aborts, in any case. */
function vacancy({ name, cache, clock }: ElectionOptions, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe();
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end);
    const unsubscribe = cache.subscribe(() => {
      if (!cache.get('leaders', name)) end();
    });
    signal.addEventListener('abort', end, { once: true });
  });
}

/** @returns the term, or nothing when somebody else has the seat */
async function attempt(
  options: ElectionOptions,
  { ttl, retry }: { ttl: number; retry: number },
): Promise<{ lead: Lead; resign(): Promise<void> } | undefined> {
  const { kv, clock, log, random } = options;
  const lease = await holdLease({ kv, clock, log, ttl, retry });
  try {
    const nonce = uid(random);
    const createRevision = await take(options, lease, { identity: `${options.identity}/${nonce}`, retry });
    if (createRevision !== undefined && lease.alive) return hold(options, lease, createRevision);
  } catch (error) {
    await lease.revoke();
    throw error;
  }
  // Also where the outcome is not known: a request that arrives late finds no lease and does nothing.
  await lease.revoke();
  return undefined;
}

/** Creates the leader's key. @returns its create_revision, or nothing when it is somebody else's */
async function take(
  { kv, keyspace, name, clock }: ElectionOptions,
  lease: Lease,
  { identity, retry }: { identity: string; retry: number },
): Promise<number | undefined> {
  const key = keyspace.key('leaders', name);
  const record: LeaderRecord = { identity, since: timestamp(clock.now()) };
  const value = JSON.stringify(record);
  const mine = (found: KeyValue | undefined) => (found?.value.toString() === value ? found.createRevision : undefined);
  try {
    const { succeeded, revision, gets } = await kv.txn({
      compare: [{ key, target: 'create', op: '=', value: 0 }],
      then: [{ put: key, value, lease: lease.id }],
      else: [{ get: key }],
    });
    return succeeded ? revision : mine(gets[0]?.[0]);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
  }
  for (;;) {
    try {
      return mine((await kv.range({ key })).kvs[0]);
    } catch {
      await sleep(clock, retry, lease.lost);
    }
  }
}

/** Watches over a lead that was won, by its lease and by the key itself. */
function hold(
  { name, kv, keyspace, cache, clock, log }: ElectionOptions,
  lease: Lease,
  createRevision: number,
): { lead: Lead; resign(): Promise<void> } {
  const key = keyspace.key('leaders', name);
  const lost = aborter();
  const lose = (why: string) => {
    if (lost.signal.aborted) return;
    log.warn({ leader: name, fence: createRevision, why }, 'lost the lead');
    end();
    lost.abort(new BerthError('BERTH_NOT_LEADER', `the lead of ${name} is lost: ${why}`));
  };
  const onLease = () => lose(messageOf(lease.lost.reason));
  lease.lost.addEventListener('abort', onLease, { once: true });

  const unsubscribe = cache.subscribe((changes) => {
    for (const { kind, id, before, after } of changes) {
      if (kind !== 'leaders' || id !== name) continue;
      // Gone, or as it was before us: somebody deleted the key, or the store was restored from a time without it.
      if (before?.createRevision === createRevision && after?.createRevision !== createRevision)
        lose('its key is gone');
      else if (after && after.createRevision > createRevision) lose('somebody else has it');
    }
  });

  // The cache may never have seen our key (it lags, or the store was restored): then ask the store itself.
  let inspection = clock.after((lease.ttl * 1000) / 3, inspect);
  function inspect(): void {
    inspection = clock.after((lease.ttl * 1000) / 3, inspect);
    if (cache.get('leaders', name)?.createRevision === createRevision) return;
    kv.range({ key }).then(
      ({ kvs }) => {
        if (kvs[0]?.createRevision !== createRevision) lose('its key is gone');
      },
      () => undefined, // The lease tells.
    );
  }

  const end = () => {
    unsubscribe();
    inspection.cancel();
    lease.lost.removeEventListener('abort', onLease);
  };
  return {
    lead: {
      key,
      createRevision,
      signal: lost.signal,
      check() {
        if (lost.signal.aborted || !lease.alive)
          throw new BerthError('BERTH_NOT_LEADER', `the lead of ${name} is lost or may be`);
      },
      giveUp: lose,
    },
    async resign() {
      end();
      lost.abort(new BerthError('BERTH_NOT_LEADER', `the lead of ${name} was given back`));
      await lease.revoke();
    },
  };
}
