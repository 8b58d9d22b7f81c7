import { createHostpoolTools, type HostpoolTools, hostpool } from '../../../controllers/hostpool/index.ts';
import { Hollow, type Location } from '../../../lib/machine/index.ts';
import { Registry } from '../../../lib/metrics/index.ts';
import { type Log, seededRandom, silent } from '../../../lib/platform/index.ts';
import { createManager, type Manager } from '../../../lib/reconcile/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';
import type { Cache, Kind, RecordOf } from '../../../lib/store/index.ts';
import { createCache, keyspace } from '../../../lib/store/index.ts';
import { type Call, createMemoryEtcd, type Fault } from '../../../lib/store/memory/index.ts';

const say = (fields: object, message: string) => console.error(message, JSON.stringify(fields));
const loud: Log = { debug() {}, info: say, warn: say, error: say, child: () => loud };

/** hostpool alone, on a virtual clock, a store in memory and machines on paper. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly hollow = new Hollow({ clock: this.clock, random: seededRandom(1) });
  readonly keys = keyspace();
  readonly etcd = createMemoryEtcd({ clock: this.clock });
  readonly user = this.etcd.connect();
  cache!: Cache;
  /** Milliseconds that a transaction of the controller takes to arrive. */
  lag = 0;
  #stop: (() => Promise<void>)[] = [];

  /** @param tools  in place of hollow ones */
  start(tools: Partial<HostpoolTools> = {}): Manager {
    const { clock } = this;
    const common = { clock, random: seededRandom(7), log: process.env.DEBUG_RIG ? loud : silent, keyspace: this.keys };
    const cache = createCache({ ...common, kv: this.etcd.connect() });
    const fault = ({ method }: Call): Fault => (method === 'txn' && this.lag > 0 ? { delayMs: this.lag } : 'none');
    const manager = createManager({
      ...common,
      cache,
      definitions: [hostpool],
      kvFor: () => this.etcd.connect({ fault }),
      tools: { hostpool: this.tools(tools) },
      identity: { replica: 'test', hostname: 'test', pid: 1, version: '0' },
      metrics: new Registry(),
    });
    this.cache = cache;
    cache.start();
    manager.start();
    this.#stop.push(async () => {
      const stopped = manager.stop();
      await clock.advance(40_000);
      await stopped;
      cache.stop();
    });
    return manager;
  }

  tools(given: Partial<HostpoolTools>): HostpoolTools {
    const none: Location = {
      list: async () => [],
      create: () => Promise.reject(new Error('none')),
      destroy: async () => {},
    };
    return createHostpoolTools({
      locations: { hollow: this.hollow, sandbox: none, byon: none, localhost: none },
      links: { link: ({ name }) => this.hollow.connect(name), drop() {} },
      sealer: { seal: async (text) => text, open: async (text) => text },
      ...given,
    });
  }

  async put(kind: Kind, id: string, value: object | string): Promise<void> {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    await this.#settled(this.user.txn({ compare: [], then: [{ put: this.keys.key(kind, id), value: text }] }));
  }

  async delete(kind: Kind, id: string): Promise<void> {
    await this.#settled(this.user.txn({ compare: [], then: [{ delete: this.keys.key(kind, id) }] }));
  }

  cloud(name: string, spec: object): Promise<void> {
    return this.put('dockerclouds', name, {
      apiVersion: 'berth/v1',
      kind: 'DockerCloud',
      metadata: { name },
      spec: { location: 'hollow', ...spec },
    });
  }

  hosts(cloud: string): (RecordOf<'hosts'> & { name: string })[] {
    return this.cache.list('hosts', cloud).map(({ id, value }) => ({ ...value, name: id.slice(cloud.length + 1) }));
  }

  condition(cloud: string, type: string): string {
    const found = this.cache.get('status/dockerclouds', cloud)?.value.conditions.find((each) => each.type === type);
    return found ? `${found.status} ${found.reason}` : 'none';
  }

  /** Until so many hosts are ready. */
  ready(cloud: string, count: number, ms = 120_000): Promise<void> {
    const ready = () => this.cache.list('hosts', cloud).filter(({ value }) => value.schedulable).length === count;
    return this.clock.until(ready, ms, `${count} ready hosts`);
  }

  async stop(): Promise<void> {
    for (const stop of this.#stop.splice(0)) await stop();
  }

  async #settled(work: Promise<unknown>): Promise<void> {
    let done = false;
    work.finally(() => {
      done = true;
    });
    await this.clock.until(() => done, 10_000);
    await work;
  }
}
