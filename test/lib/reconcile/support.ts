import { Registry } from '../../../lib/metrics/index.ts';
import { type Clock, type Log, type Random, seededRandom, silent } from '../../../lib/platform/index.ts';
import { type AnyController, createManager, type Manager } from '../../../lib/reconcile/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';
import { createCache, type Kind, type Kv, keyspace, type WatchCache } from '../../../lib/store/index.ts';
import { type Call, createMemoryEtcd, type Fault, type MemoryEtcd } from '../../../lib/store/memory/index.ts';

export const keys = keyspace();

export interface Replica {
  manager: Manager;
  cache: WatchCache;
  registry: Registry;
  kv: Kv;
  /** As SIGSTOP: nothing of it runs, nothing it sends arrives. */
  freeze(): void;
  thaw(): void;
  /** The fate of its messages from now on. */
  fault: (call: Call) => Fault;
  stop(): Promise<void>;
}

/** One store and one clock, for replicas that compete. */
export class World {
  readonly clock = new VirtualClock();
  readonly etcd: MemoryEtcd = createMemoryEtcd({ clock: this.clock, latency: () => 1 });
  readonly random: Random = seededRandom(1);
  readonly kv: Kv = this.etcd.connect();

  async put(key: string, value: string): Promise<void> {
    await this.settle(this.kv.txn({ compare: [], then: [{ put: `${keys.prefix}/${key}`, value }] }));
  }

  async delete(key: string): Promise<void> {
    await this.settle(this.kv.txn({ compare: [], then: [{ delete: `${keys.prefix}/${key}` }] }));
  }

  /** What lies below a key, parsed, by its id. */
  async list(kind: Kind): Promise<Record<string, unknown>> {
    const { kvs } = await this.settle(this.kv.range(keys.range(kind)));
    return Object.fromEntries(kvs.map(({ key, value }) => [keys.parse(key)?.id, JSON.parse(value.toString())]));
  }

  replica(
    definitions: readonly AnyController[],
    options: { name?: string; log?: Log; tools?: object; fault?: Replica['fault'] } = {},
  ): Replica {
    const { name = 'replica-1', log = silent } = options;
    const clock = new StoppableClock(this.clock);
    const common = { keyspace: keys, clock, random: this.random, log };
    const registry = new Registry();
    const replica: Pick<Replica, 'fault'> = { fault: options.fault ?? (() => 'none') };
    const kv = this.etcd.connect({ fault: (call) => (clock.stopped ? 'lost-request' : replica.fault(call)) });
    const cache = createCache({ ...common, kv });
    const manager = createManager({
      ...common,
      ...{ definitions, cache, kvFor: () => kv, metrics: registry },
      tools: Object.fromEntries(definitions.map((definition) => [definition.name, options.tools])),
      identity: { replica: name, hostname: 'here', pid: 1, version: '0' },
    });
    cache.start();
    manager.start();
    return Object.assign(replica, {
      ...{ manager, cache, registry, kv },
      freeze: () => clock.freeze(),
      thaw: () => clock.thaw(),
      async stop() {
        await manager.stop();
        cache.stop();
        kv.close();
      },
    });
  }

  /** Advances time until the promise has settled. */
  async settle<T>(promise: Promise<T>, ms = 60_000): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    await this.clock.until(() => settled, ms, 'the promise');
    return promise;
  }
}

/** Time goes on while it is stopped, as monotonic time does, but nothing happens; it is all late then. */
class StoppableClock implements Clock {
  readonly #clock: Clock;
  #held: (() => void)[] = [];
  stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now = () => this.#clock.now();
  monotonic = () => this.#clock.monotonic();

  after(ms: number, action: () => void) {
    let cancelled = false;
    const timer = this.#clock.after(ms, () => {
      if (this.stopped) this.#held.push(() => cancelled || action());
      else action();
    });
    return {
      cancel() {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  freeze(): void {
    this.stopped = true;
  }

  thaw(): void {
    this.stopped = false;
    for (const action of this.#held.splice(0)) action();
  }
}
