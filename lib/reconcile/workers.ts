import { BerthError, isCode, messageOf } from '../errors/index.ts';
import type { ControllerMetrics } from '../metrics/index.ts';
import { type Clock, type Log, type Random, uid } from '../platform/index.ts';
import { type Result, Terminal } from './controller.ts';
import type { WorkQueue } from './queue.ts';

/** One visit to a key. */
export interface Visit {
  key: string;
  log: Log;
  /** Aborts on time-out, loss of the lead and shutdown. */
  signal: AbortSignal;
}

export interface WorkersOptions {
  queue: WorkQueue;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: ControllerMetrics;
  /** Visits at once. */
  count: number;
  /** Milliseconds that a visit may take. */
  timeout: number;
  visit(visit: Visit): Promise<Result>;
  /** Resolves when the key may be visited again: the cache shows what the last visit wrote. Never rejects. */
  settled(key: string): Promise<void>;
  /** A visit found that this replica does not lead any more. */
  onNotLeader(): void;
}

/** Milliseconds after its signal that a visit may still hold up a worker. */
const HEED = 10_000;
/** Visits started, and milliseconds spent, before the rest of the process gets its turn. */
const SLICE = { visits: 64, ms: 10 };
/** Milliseconds at most between retries of failures that end by themselves: the key is read anew, the store is back. */
const CONFLICT_DELAY = 1000;
const UNAVAILABLE_DELAY = 30_000;

/**
 * Takes keys from a queue and visits them, several at once, never one key twice at once: a visit that heeds neither its
 * time-out nor anything else keeps its key, though after a while not its worker.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #halt = new AbortController();
  /** Visits that hold a worker. */
  #active = 0;
  #running = 0;
  #pumping = false;
  #slice: { visits: number; since: number; over: boolean } | undefined;
  readonly #idle: (() => void)[] = [];

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#active;
  }

  /** Visits that have not ended, those given up on among them. */
  get running(): number {
    return this.#running;
  }

  /** Something can be taken. Starts nothing before the caller's turn is over. */
  wake(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    Promise.resolve().then(() => this.#pump());
  }

  /** Aborts all visits. */
  halt(reason: BerthError): void {
    this.#halt.abort(reason);
  }

  /** Resolves when no visit runs any more. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    const { queue, count } = this.#options;
    while (this.#active < count) {
      if (!this.#mayStart()) return;
      const key = queue.take();
      if (key === undefined) break;
      this.#visit(key);
    }
    this.#pumping = false;
  }

  /**
   * Visits that wait for nothing outside would keep the event loop from everybody else, lease renewals among them: so
   * they come in slices, with a timer between.
   *
   * @returns false when this slice is over; the next one pumps by itself
   */
  #mayStart(): boolean {
    const { clock } = this.#options;
    if (!this.#slice) {
      const slice = { visits: 0, since: clock.monotonic(), over: false };
      this.#slice = slice;
      clock.after(0, () => {
        this.#slice = undefined;
        if (slice.over) this.#pump();
      });
    }
    const slice = this.#slice;
    slice.over = slice.visits >= SLICE.visits || clock.monotonic() - slice.since > SLICE.ms;
    slice.visits++;
    return !slice.over;
  }

  async #visit(key: string): Promise<void> {
    const { queue, clock, random, timeout, settled } = this.#options;
    const log = this.#options.log.child({ key, reconcileID: uid(random, 8) });
    const started = clock.monotonic();
    const aborted = new AbortController();
    const halt = () => aborted.abort(this.#halt.signal.reason);
    this.#halt.signal.addEventListener('abort', halt, { once: true });
    if (this.#halt.signal.aborted) halt();
    const overtime = clock.after(timeout, () => {
      aborted.abort(new BerthError('BERTH_TIMEOUT', `the reconcile took longer than ${timeout} ms`, { place: key }));
    });
    const release = this.#occupy();
    let abandon = { cancel() {} };
    const onAbort = () => {
      abandon = clock.after(HEED, () => {
        log.error({}, 'a reconcile does not heed its signal; its key waits for it, its worker goes on');
        release();
      });
    };
    aborted.signal.addEventListener('abort', onAbort, { once: true });

    this.#running++;
    const outcome = await this.#attempt({ key, log, signal: aborted.signal });
    this.#running--;

    this.#halt.signal.removeEventListener('abort', halt);
    overtime.cancel();
    abandon.cancel();
    this.#conclude(key, outcome, { log, seconds: (clock.monotonic() - started) / 1000 });
    release();
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    await settled(key);
    queue.done(key);
  }

  async #attempt(visit: Visit): Promise<{ result: Result } | { error: unknown }> {
    try {
      return { result: await this.#options.visit(visit) };
    } catch (error) {
      return { error };
    }
  }

  /** Takes a worker. @returns what gives it back, once */
  #occupy(): () => void {
    const { metrics } = this.#options;
    metrics.activeWorkers(++this.#active);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      metrics.activeWorkers(--this.#active);
      this.wake();
    };
  }

  /** Decides when the key comes up again. */
  #conclude(
    key: string,
    outcome: { result: Result } | { error: unknown },
    { log, seconds }: { log: Log; seconds: number },
  ): void {
    const { queue, metrics } = this.#options;
    if ('error' in outcome) return this.#fail(key, outcome.error, { log, seconds });
    const { result } = outcome;
    if (!result) {
      queue.forget(key);
      metrics.reconciled('success', seconds);
    } else if ('after' in result) {
      queue.forget(key);
      queue.addAfter(key, result.after);
      metrics.reconciled('requeue_after', seconds);
    } else {
      queue.addRateLimited(key);
      metrics.reconciled('requeue', seconds);
    }
  }

  #fail(key: string, error: unknown, { log, seconds }: { log: Log; seconds: number }): void {
    const { queue, metrics, onNotLeader } = this.#options;
    if (isCode(error, 'BERTH_NOT_LEADER')) {
      log.debug({ error: messageOf(error) }, 'reconcile ended with the lead');
      return onNotLeader();
    }
    if (this.#halt.signal.aborted) return log.debug({ error: messageOf(error) }, 'reconcile aborted');
    if (isCode(error, 'BERTH_CONFLICT')) {
      log.debug({ error: messageOf(error) }, 'reconcile met a change; again');
      queue.addRateLimited(key, { max: CONFLICT_DELAY });
      return metrics.reconciled('requeue', seconds);
    }
    metrics.reconciled('error', seconds);
    metrics.failed();
    const code = error instanceof BerthError ? error.code : undefined;
    if (error instanceof Terminal) {
      log.error({ error: messageOf(error) }, 'reconcile failed for good');
      metrics.failedForGood();
      return queue.forget(key);
    }
    if (isDefect(error)) {
      metrics.panicked();
      log.error({ error: error instanceof Error ? error.stack : String(error) }, 'reconcile panicked');
    } else {
      log.error({ error: messageOf(error), code, failures: queue.failures(key) + 1 }, 'reconcile failed');
    }
    queue.addRateLimited(key, code === 'BERTH_STORE_UNAVAILABLE' ? { max: UNAVAILABLE_DELAY } : {});
  }
}

/** What other languages call a panic: not a failure that somebody foresaw. */
const isDefect = (error: unknown): boolean =>
  !(error instanceof Error) ||
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error.name === 'AssertionError' ||
  isCode(error, 'BERTH_INTERNAL');
