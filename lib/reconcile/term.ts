import { BerthError, messageOf } from '../errors/index.ts';
import type { ControllerMetrics } from '../metrics/index.ts';
import { type Clock, type Log, type Random, withTimeout } from '../platform/index.ts';
import { type Cache, createStore, type Keyspace, type Kind, type Kv } from '../store/index.ts';
import { keepRunning } from './background.ts';
import { mergeConditions } from './conditions.ts';
import type { Context, ControllerDefinition } from './controller.ts';
import type { Lead } from './election.ts';
import type { EventRecorder } from './events.ts';
import { type Priority, WorkQueue } from './queue.ts';
import { recording } from './recording.ts';
import { aborted, anyOf, within } from './signals.ts';
import type { Slot } from './slots.ts';
import { StrayReports } from './strays.ts';
import { Wakeups } from './wakeups.ts';
import { type Visit, Workers } from './workers.ts';

/** A controller whose types have served their purpose. */
export type AnyController = ControllerDefinition<Kind, unknown>;

export interface TermOptions {
  definition: AnyController;
  /** What is led. */
  name: string;
  lead: Lead;
  /** Absent: all keys. */
  slot?: Slot;
  installation: string;
  kv: Kv;
  keyspace: Keyspace;
  cache: Cache;
  clock: Clock;
  random: Random;
  log: Log;
  tools: unknown;
  metrics: ControllerMetrics;
  events: EventRecorder;
}

const MINUTE = 60_000;
const DEFAULT = { workers: 4, resync: 10 * MINUTE, timeout: 2 * MINUTE };
/** Milliseconds of an orderly end: reconciles may finish; then they are aborted and may clean up. */
const FINISH = 20_000;
const CLEAN_UP = 5000;
/** Milliseconds that a key waits for the cache to show its last write; after that the guards of writes have to do. */
const CATCH_UP = 60_000;

/** How many reconciles of a controller may run at once in a replica that leads all of it. */
export const workersOf = ({ workers = DEFAULT.workers, slots }: AnyController): number =>
  workers * (slots?.names.length ?? 1);

/** One term of one controller: a queue, its workers, what fills it, and the store that the lead allows to write. */
export class Term {
  readonly queue: WorkQueue;
  readonly workers: Workers;
  readonly #options: TermOptions;
  readonly #context: Omit<Context<Kind, unknown>, 'log' | 'signal'>;
  /** Where the last write of a key that is being visited landed. */
  readonly #written = new Map<string, number>();

  constructor(options: TermOptions) {
    const { definition, clock, random, log, metrics, lead } = options;
    this.#options = options;
    this.#context = contextOf(options);
    this.queue = new WorkQueue({ clock, random, observer: metrics, onReady: () => this.workers.wake() });
    this.workers = new Workers({
      queue: this.queue,
      clock,
      random,
      log,
      metrics,
      count: definition.workers ?? DEFAULT.workers,
      timeout: definition.timeout ?? DEFAULT.timeout,
      visit: (visit) => this.#reconcile(visit),
      settled: (key) => this.#settled(key),
      onNotLeader: () => lead.giveUp('the store says so'),
    });
  }

  /** Serves until the lead is lost or `stopping` aborts, and until its reconciles have ended as well as they can. */
  async serve(stopping: AbortSignal): Promise<void> {
    const { definition, metrics, clock, log, lead, cache } = this.#options;
    const over = anyOf(lead.signal, stopping);
    let unwatch = () => {};
    try {
      // All that the leader before us wrote came before our key: wait for where that can be, and for nothing else.
      cache.wrote(new Set(['leaders', ...definition.owns]), lead.createRevision);
      await cache.reached(lead.createRevision, over.signal);
      unwatch = metrics.watch(this.queue);
      metrics.leads(this.#options.name);
      const stopFilling = this.#fill();
      const background = keepRunning(
        async (signal) =>
          definition.background?.({ ...this.#context, log, signal, wake: (key) => this.#add([key], 'live') }),
        { clock, log },
        over.signal,
      );
      await aborted(over.signal);
      stopFilling();
      this.queue.shutDown();
      await this.#end(Promise.all([this.workers.idle(), background]));
    } catch (error) {
      if (!over.signal.aborted) throw error;
    } finally {
      over.release();
      unwatch();
      metrics.follows(this.#options.name);
    }
  }

  /** Lets reconciles finish while the lead lasts, then aborts them. */
  async #end(ended: Promise<unknown>): Promise<void> {
    const { definition, clock, log, lead } = this.#options;
    await within(clock, FINISH, ended, lead.signal);
    this.workers.halt(new BerthError('BERTH_NOT_LEADER', `${definition.name} ends its work`));
    if (await within(clock, CLEAN_UP, ended)) return;
    log.error(
      { running: this.workers.running },
      'some work goes on without a lead; its writes and batches are refused',
    );
  }

  #reconcile({ key, log, signal }: Visit) {
    const written = (revision: number) => {
      this.#written.set(key, Math.max(revision, this.#written.get(key) ?? 0));
    };
    const { state } = this.#context;
    const store = recording(this.#context.store, { state, signal, written });
    return this.#options.definition.reconcile(key, { ...this.#context, store, log, signal });
  }

  /** Read your writes: the cache must show what the key's last reconcile wrote before the next one begins. */
  async #settled(key: string): Promise<void> {
    const { cache, clock, log, lead } = this.#options;
    const revision = this.#written.get(key);
    this.#written.delete(key);
    if (revision === undefined || lead.signal.aborted) return;
    const late = () => new BerthError('BERTH_TIMEOUT', `the cache has not reached revision ${revision}`);
    try {
      await withTimeout(clock, CATCH_UP, late, (signal) => cache.reached(revision, signal), lead.signal);
    } catch (error) {
      if (!lead.signal.aborted) log.warn({ key, error: messageOf(error) }, 'goes on with an old cache');
    }
  }

  /** Puts into the queue everything there is, and from then on what changes; all of it again from time to time. */
  #fill(): () => void {
    const { definition, cache, clock, random, log, metrics } = this.#options;
    const wakeups = new Wakeups(definition.watches, cache, (error, { kind, id }) => {
      metrics.panicked();
      log.error({ kind, id, error: messageOf(error) }, 'cannot tell which keys a record wakes');
    });
    const strays = new StrayReports(definition.name, cache, this.#context.event);
    // Of the slots of a controller one reports: the one that an empty key falls to.
    const reports = this.#context.mine('');
    const unsubscribe = cache.subscribe((changes, { initial, straysChanged }) => {
      for (const change of changes) this.#add(wakeups.of(change), initial ? 'resync' : 'live');
      if (straysChanged && reports) strays.look();
    });
    // Spread by a tenth, so that controllers do not come back all at once.
    const interval = () => (definition.resync ?? DEFAULT.resync) * (0.9 + 0.2 * random.next());
    const everything = () => {
      this.#add(wakeups.all(), 'resync');
      if (reports) strays.look({ again: true });
      timer = clock.after(interval(), everything);
    };
    let timer = clock.after(0, everything);
    return () => {
      unsubscribe();
      timer.cancel();
    };
  }

  #add(keys: Iterable<string>, priority: Priority): void {
    for (const key of keys) if (this.#context.mine(key)) this.queue.add(key, priority);
  }
}

/** What all reconciles of a term are given. */
function contextOf(options: TermOptions): Omit<Context<Kind, unknown>, 'log' | 'signal'> {
  const { definition, lead, slot, cache, clock, random, tools, installation, events } = options;
  return {
    state: cache,
    store: createStore({
      ...options,
      owner: definition.name,
      owns: definition.owns,
      fence: () => lead,
      check: () => lead.check(),
    }),
    clock,
    random,
    tools,
    installation,
    fence: {
      controller: definition.name,
      revision: lead.createRevision,
      check: () => lead.check(),
    },
    mine: (key) => !slot || slot.holds(key),
    event: (about, type, reason, message) => events.record(about, type, reason, message),
    conditions: (before, observed, generation) => mergeConditions(before, observed, { now: clock.now(), generation }),
  };
}
