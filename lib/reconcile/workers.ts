import { BerthError, messageOf } from '../errors/index.ts';
import type { ControllerMetrics } from '../metrics/index.ts';
import { type Clock, type Log, type Random, uid } from '../platform/index.ts';
import type { Result } from './controller.ts';
import type { WorkQueue } from './queue.ts';
import { aborter } from './signals.ts';
import { type Ending, judge, type Verdict } from './verdict.ts';

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
const SLICE = { visits: 256, ms: 10 };

/**
 * Takes keys from a queue and visits them, several at once, never one key twice at once: a visit that heeds neither its
 * time-out nor anything else keeps its key, though after a while not its worker.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #halt = aborter();
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
    while (this.#active < count && queue.depth > 0) {
      if (!this.#mayStart()) return;
      const key = queue.take();
      if (key !== undefined) this.#visit(key);
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
    const aborted = aborter();
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
    const ending = await this.#attempt({ key, log, signal: aborted.signal });
    this.#running--;

    this.#halt.signal.removeEventListener('abort', halt);
    overtime.cancel();
    abandon.cancel();
    this.#conclude(key, ending, { log, seconds: (clock.monotonic() - started) / 1000 });
    release();
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    await settled(key);
    queue.done(key);
  }

  async #attempt(visit: Visit): Promise<Ending> {
    try {
      return { result: await this.#options.visit(visit) };
    } catch (error) {
      return { error };
    }
  }

  /** Takes a worker. @returns what gives it back, once */
  #occupy(): () => void {
    const { metrics } = this.#options;
    this.#active++;
    metrics.workerBusy();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#active--;
      metrics.workerIdle();
      this.wake();
    };
  }

  /** Does what follows from how a visit ended. */
  #conclude(key: string, ending: Ending, { log, seconds }: { log: Log; seconds: number }): void {
    const { queue, metrics, onNotLeader } = this.#options;
    const verdict = judge(ending);
    if ('error' in ending && (verdict.trouble === 'unled' || this.#halt.signal.aborted)) {
      log.debug({ error: messageOf(ending.error) }, 'reconcile ended from outside');
      if (!this.#halt.signal.aborted) onNotLeader();
      return;
    }
    if (verdict.outcome) metrics.reconciled(verdict.outcome, seconds);
    if (verdict.next !== 'retry') queue.forget(key);
    if (verdict.next === 'retry') queue.addRateLimited(key, verdict.most === undefined ? {} : { max: verdict.most });
    if (verdict.after !== undefined) queue.addAfter(key, verdict.after);
    if ('error' in ending) this.#report(ending.error, verdict, { log, failures: queue.failures(key) });
  }

  #report(error: unknown, { trouble }: Verdict, { log, failures }: { log: Log; failures: number }): void {
    const { metrics } = this.#options;
    const about = { error: messageOf(error), ...(error instanceof BerthError ? { code: error.code } : {}), failures };
    if (!trouble) {
      log.debug(about, 'reconcile met a change; again');
      return;
    }
    metrics.failed();
    if (trouble === 'failure') log.error(about, 'reconcile failed');
    if (trouble === 'terminal') {
      metrics.failedForGood();
      log.error(about, 'reconcile failed for good');
    }
    if (trouble === 'defect') {
      metrics.panicked();
      log.error({ ...about, stack: error instanceof Error ? error.stack : undefined }, 'reconcile panicked');
    }
  }
}
