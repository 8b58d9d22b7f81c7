import { BerthError } from '../../../lib/errors/index.ts';
import { type Random, seededRandom, silent } from '../../../lib/platform/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';
import {
  type Change,
  createCache,
  createStore,
  type Kind,
  type Kv,
  keyspace,
  type Store,
  type WatchCache,
} from '../../../lib/store/index.ts';
import { type ConnectOptions, createMemoryEtcd, type MemoryEtcd } from '../../../lib/store/memory/index.ts';

export const keys = keyspace();

/** A store in memory on a virtual clock, with a client for what others do. */
export class World {
  readonly clock = new VirtualClock();
  readonly etcd: MemoryEtcd;
  readonly random: Random;
  readonly kv: Kv;

  constructor({ seed = 1, latency }: { seed?: number; latency?: () => number } = {}) {
    this.random = seededRandom(seed);
    this.etcd = createMemoryEtcd({ clock: this.clock, ...(latency && { latency }) });
    this.kv = this.etcd.connect();
  }

  /** What somebody else writes. Keys are relative to the prefix unless they begin with a slash. */
  async put(key: string, value: unknown): Promise<number> {
    const { revision } = await this.settle(
      this.kv.txn({ compare: [], then: [{ put: absolute(key), value: text(value) }] }),
    );
    return revision;
  }

  async delete(key: string): Promise<number> {
    const { revision } = await this.settle(this.kv.txn({ compare: [], then: [{ delete: absolute(key) }] }));
    return revision;
  }

  cache(options: ConnectOptions = {}): WatchCache {
    const { clock, random } = this;
    const cache = createCache({ kv: this.etcd.connect(options), keyspace: keys, clock, random, log: silent });
    cache.start();
    return cache;
  }

  /** Takes the lead of a controller. `lost` makes its `check` throw. */
  async leader<K extends Kind>(
    owner: string,
    owns: readonly K[],
    { cache, fault }: { cache: WatchCache } & ConnectOptions,
  ): Promise<{ store: Store<K>; lose(): void }> {
    const key = absolute(`leaders/${owner}`);
    const createRevision = await this.put(key, { identity: 'me', since: '' });
    let lost = false;
    const store = createStore({
      kv: this.etcd.connect(fault ? { fault } : {}),
      keyspace: keys,
      cache,
      owner,
      owns,
      fence: () => ({ key, createRevision }),
      check() {
        if (lost) throw new BerthError('BERTH_NOT_LEADER', 'the lease may have run out');
      },
      clock: this.clock,
      log: silent,
    });
    return {
      store,
      lose() {
        lost = true;
      },
    };
  }

  /** Lets virtual time pass until the promise settles. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    await this.clock.until(() => settled, 600_000, 'the promise');
    return promise;
  }

  /** What etcd holds of our prefixes: key to JSON text and mod_revision. */
  truth(): Map<string, string> {
    return new Map(
      keys.prefixes.flatMap((prefix) =>
        this.etcd
          .peek({ key: prefix, end: `${prefix}\uffff` })
          .kvs.map((kv): [string, string] => [kv.key, `${kv.modRevision} ${kv.value}`]),
      ),
    );
  }
}

/** What a cache holds, in the form of `World.truth`. Strays included. */
export function heldBy(cache: WatchCache, kinds: readonly Kind[]): Map<string, string> {
  const held = new Map<string, string>();
  for (const kind of kinds) {
    for (const { id, modRevision, value } of cache.list(kind))
      held.set(keys.key(kind, id), `${modRevision} ${text(value)}`);
  }
  return held;
}

/** The changes that a cache reports, as text: `+hosts/a/b`, `~hosts/a/b`, `-hosts/a/b`, in batches. */
export function recordChanges(cache: WatchCache): string[][] {
  const batches: string[][] = [];
  cache.subscribe((changes) => batches.push(changes.map(summary)));
  return batches;
}

const summary = ({ kind, id, before, after }: Change): string => `${before ? (after ? '~' : '-') : '+'}${kind}/${id}`;

export const absolute = (key: string): string => (key.startsWith('/') ? key : `${keys.prefix}/${key}`);

const text = (value: unknown): string =>
  typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : JSON.stringify(value);
