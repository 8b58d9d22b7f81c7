import { networkMetrics, type Registry } from '../lib/metrics/index.ts';
import type { Clock, Log, Random } from '../lib/platform/index.ts';
import { type AnyController, createManager, type Identity, type Manager } from '../lib/reconcile/index.ts';
import { createCache, type Keyspace, type Kv, type WatchCache } from '../lib/store/index.ts';
import type { Tools } from './tools.ts';

/** All that a process of controllers is handed. Nothing else in it reaches the world. */
export interface ProcessOptions {
  /** Those that this process runs, of `controllers/index.ts`. */
  controllers: readonly AnyController[];
  /** Reads, for the one cache of the process. */
  kv: Kv;
  /** Writes, by controller, so that each may have an etcd role of its own; also asked for `election`. */
  kvFor(controller: string): Kv;
  keyspace: Keyspace;
  clock: Clock;
  random: Random;
  log: Log;
  tools: Tools;
  identity: Identity;
  metrics: Registry;
  lease?: { ttl?: number; retry?: number };
}

export interface Process {
  cache: WatchCache;
  manager: Manager;
  start(): void;
  /** Graceful, within 30 s; containers run on. */
  stop(): Promise<void>;
}

/** Puts a process together: one cache, one manager, the controllers. The command line and the simulation both do. */
export function createProcess({ controllers, kv, log, ...options }: ProcessOptions): Process {
  const cache = createCache({ kv, log: log.child({ part: 'cache' }), ...options });
  const manager = createManager({ ...options, log, cache, definitions: controllers });
  // By the processes that count them.
  if (controllers.some(({ name }) => name === 'ippool'))
    networkMetrics(options.metrics, () => cache.list('networks').map(({ id, value }) => ({ name: id, ...value })));
  return {
    cache,
    manager,
    start() {
      cache.start();
      manager.start();
    },
    async stop() {
      await manager.stop();
      cache.stop();
    },
  };
}
