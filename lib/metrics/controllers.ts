import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How a reconcile ended, in controller-runtime's words. */
export type Outcome = 'success' | 'error' | 'requeue' | 'requeue_after';
const OUTCOMES: readonly Outcome[] = ['success', 'error', 'requeue', 'requeue_after'];

/** What is asked of a queue when Prometheus scrapes. */
export interface ObservableQueue {
  readonly depth: number;
  /** Seconds that keys have been in processing. */
  unfinished(): { sum: number; longest: number };
}

/** What the machinery of one controller reports. Durations in seconds. */
export interface ControllerMetrics {
  reconciled(outcome: Outcome, seconds: number): void;
  failed(): void;
  failedForGood(): void;
  panicked(): void;
  workerBusy(): void;
  workerIdle(): void;
  /** Of a lead: `placement`, `container/3`. */
  leads(lead: string): void;
  follows(lead: string): void;
  eventDropped(): void;
  /** Gauges speak of this queue too (they add up). @returns a function that ends it */
  watch(queue: ObservableQueue): () => void;
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}

/** controller-runtime's: 5 ms to 60 s. */
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** client-go's work queue: powers of ten from 10 ns to 10 s, and what controller-runtime adds up to 1000 s. */
const QUEUE_BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

/**
 * The metrics of controllers, queues and elections under the names that dashboards for controller-runtime know. One
 * per registry; each controller then takes its part, with every label set there from the start, at zero.
 */
export function controllerMetrics(
  registry: Registry,
): (name: string, options: { workers: number; leads: readonly string[] }) => ControllerMetrics {
  const registers = [registry];
  const perController = ['controller'] as const;
  const perQueue = ['name'] as const;
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, labelNames: readonly T[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  const total = counter('controller_runtime_reconcile_total', 'Reconciles, by how they ended.', [
    'controller',
    'result',
  ]);
  const errors = counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed.', perController);
  const terminal = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Reconciles that failed for good: not tried again until something changes.',
    perController,
  );
  const panics = counter(
    'controller_runtime_reconcile_panics_total',
    'Reconciles that failed by a defect of the program.',
    perController,
  );
  const maxConcurrent = gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Reconciles that may run at once.',
    perController,
  );
  const active = gauge('controller_runtime_active_workers', 'Reconciles that run now.', perController);
  const time = histogram(
    'controller_runtime_reconcile_time_seconds',
    'Time that a reconcile took.',
    perController,
    RECONCILE_BUCKETS,
  );

  const adds = counter('workqueue_adds_total', 'Keys added to the queue.', perQueue);
  const retries = counter('workqueue_retries_total', 'Keys added to the queue again after an error.', perQueue);
  const waited = histogram(
    'workqueue_queue_duration_seconds',
    'Time that a key waited before it was taken.',
    perQueue,
    QUEUE_BUCKETS,
  );
  const worked = histogram(
    'workqueue_work_duration_seconds',
    'Time from taking a key to giving it back.',
    perQueue,
    QUEUE_BUCKETS,
  );
  const queues = new Map<string, Set<ObservableQueue>>();
  const sampled = (name: string, help: string, sample: (queues: ObservableQueue[]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: perQueue,
      registers,
      collect() {
        for (const [controller, watched] of queues) this.set({ name: controller }, sample([...watched]));
      },
    });
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  sampled('workqueue_depth', 'Keys that wait in the queue.', (all) => sum(all.map(({ depth }) => depth)));
  sampled(
    'workqueue_unfinished_work_seconds',
    'Time that keys now in processing have been there, all together.',
    (all) => sum(all.map((queue) => queue.unfinished().sum)),
  );
  sampled(
    'workqueue_longest_running_processor_seconds',
    'Time that the key longest in processing has been there.',
    (all) => Math.max(0, ...all.map((queue) => queue.unfinished().longest)),
  );
  const leader = gauge('leader_election_master_status', '1 where this replica leads, 0 where it follows.', perQueue);
  const dropped = counter(
    'berth_events_dropped_total',
    'Events not written: too many about one object, or the store did not take them.',
    perController,
  );

  return (controller, { workers, leads }) => {
    const name = { name: controller };
    const mine = { controller };
    const watched = new Set<ObservableQueue>();
    for (const result of OUTCOMES) total.inc({ controller, result }, 0);
    for (const each of [errors, terminal, panics, dropped]) each.inc(mine, 0);
    for (const each of [adds, retries]) each.inc(name, 0);
    time.zero(mine);
    for (const each of [waited, worked]) each.zero(name);
    maxConcurrent.set(mine, workers);
    active.set(mine, 0);
    for (const lead of leads) leader.set({ name: lead }, 0);
    queues.set(controller, watched);
    return {
      reconciled(result, seconds) {
        total.inc({ controller, result });
        time.observe(mine, seconds);
      },
      failed: () => errors.inc(mine),
      failedForGood: () => terminal.inc(mine),
      panicked: () => panics.inc(mine),
      workerBusy: () => active.inc(mine),
      workerIdle: () => active.dec(mine),
      leads: (lead) => leader.set({ name: lead }, 1),
      follows: (lead) => leader.set({ name: lead }, 0),
      eventDropped: () => dropped.inc(mine),
      watch(queue) {
        watched.add(queue);
        return () => void watched.delete(queue);
      },
      added: () => adds.inc(name),
      retried: () => retries.inc(name),
      waited: (seconds) => waited.observe(name, seconds),
      worked: (seconds) => worked.observe(name, seconds),
    };
  };
}
