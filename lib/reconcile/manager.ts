import { controllerMetrics, type Registry } from '../metrics/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
import type { Cache, Keyspace, Kv } from '../store/index.ts';
import { type Identity, keepMembership } from './members.ts';
import { type ControllerState, Runner } from './runner.ts';
import { aborter } from './signals.ts';
import type { Slot } from './slots.ts';
import { type AnyController, workersOf } from './term.ts';

export interface ManagerOptions {
  definitions: readonly AnyController[];
  /** Warm in every replica, leading or not. Started and closed by whoever made it. */
  cache: Cache;
  /**
   * The client that a controller writes with, under its own role: what it owns, its lead, its events. Asked once for
   * each. This replica's membership goes through the first one's: all roles may write that.
   */
  kvFor(controller: string): Kv;
  keyspace: Keyspace;
  clock: Clock;
  random: Random;
  log: Log;
  /** The effects of each controller, by its name. */
  tools: { readonly [controller: string]: unknown };
  identity: Identity;
  /** Where metrics are registered. One manager per registry. */
  metrics: Registry;
  /** Of leads and memberships. */
  lease?: {
    /** Seconds. Default 15. */
    ttl?: number;
    /** Milliseconds between attempts. Default 2,000. */
    retry?: number;
  };
}

export interface Manager {
  /** Begins to work. Returns at once: the store need not be there yet. */
  start(): void;
  /**
   * Ends within 30 s: takes no more work, lets reconciles finish, aborts those that do not, and gives the leads back, so
   * that another replica takes over at once. Containers run on. May be called again.
   */
  stop(): Promise<void>;
  /** Whether this replica knows the store and could lead; otherwise what it waits for. */
  ready(): { ready: boolean; why: string };
  /** One entry for each controller, or each of its slots. */
  readonly controllers: readonly ControllerState[];
}

/** Runs controllers in this process, each elected on its own, all on one cache. */
export function createManager(options: ManagerOptions): Manager {
  const { definitions, cache, log } = options;
  const { ttl = 15, retry = 2000 } = options.lease ?? {};
  const metricsFor = controllerMetrics(options.metrics);
  const clients: Kv[] = [];
  const runners = definitions.flatMap((definition) => {
    const { name } = definition;
    const slots = slotsOf(definition);
    const leads = slots.map((slot) => (slot ? `${name}/${slot.name}` : name));
    const kv = options.kvFor(name);
    clients.push(kv);
    const common = {
      ...options,
      definition,
      ttl,
      retry,
      identity: options.identity.replica,
      kv,
      log: log.child({ controller: name }),
      tools: options.tools[name],
      metrics: metricsFor(name, { workers: workersOf(definition), leads }),
    };
    return slots.map((slot) => new Runner({ ...common, ...(slot && { slot }) }));
  });
  const leads = runners.map(({ lead }) => lead);
  const stopping = aborter();
  let synced = false;
  let running: Promise<unknown> | undefined;

  const run = async () => {
    // Who cannot read should not lead, and takes no share of the slots from those who can.
    await cache.synced(stopping.signal).catch(() => undefined);
    synced = !stopping.signal.aborted;
    const [kv] = clients;
    const membership = kv && keepMembership({ ...options, leads, kv, ttl, retry }, stopping.signal);
    await Promise.all([membership, ...runners.map((runner) => runner.run(stopping.signal))]);
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort(new Error('stopping'));
      await running;
    },
    ready() {
      if (!running) return { ready: false, why: 'not started' };
      if (stopping.signal.aborted) return { ready: false, why: 'stopping' };
      if (!synced) return { ready: false, why: 'the records are not all read yet' };
      return { ready: true, why: '' };
    },
    get controllers() {
      return runners.map((runner) => runner.state());
    },
  };
}

/** The shares that a controller's keys are led in; one that is all of them, where it has no slots. */
const slotsOf = ({ slots }: AnyController): (Slot | undefined)[] =>
  slots ? slots.names.map((name) => ({ name, holds: (key) => slots.of(key) === name })) : [undefined];
