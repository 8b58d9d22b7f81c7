import type { Clock } from '../../platform/index.ts';
import type { RangeRequest, RangeResponse } from '../kv.ts';
import { type ConnectOptions, MemoryClient } from './client.ts';
import { History, type Revision } from './history.ts';
import { Leases } from './leases.ts';
import { transact } from './transaction.ts';
import { type Notices, Watches } from './watches.ts';

export interface MemoryEtcdOptions {
  clock: Clock;
  /**
   * Milliseconds that a message takes one way. Absent: requests are carried out at once and answered by microtask,
   * without any timer.
   */
  latency?: () => number;
  /** Milliseconds from a lease's deadline until its keys are deleted: etcd looks twice a second. Default 0. */
  leaseJitter?: () => number;
  /** `hasty`: progress notices may overtake the events that they cover, as with some versions of etcd. Default `ordered`. */
  notices?: Notices;
}

/** A state of the store to go back to. */
export interface Snapshot {
  readonly history: History;
  readonly leases: ReadonlyMap<string, { ttl: number; keys: string[] }>;
}

/** A model of etcd: one store with all its history, any number of clients. Passes the tests that a real one passes. */
export class MemoryEtcd {
  readonly #clock: Clock;
  readonly #latency: (() => number) | undefined;
  #history = new History();
  readonly #leases: Leases;
  readonly #watches = new Watches(() => this.#history);
  readonly #notices: Notices;
  readonly #observers = new Set<(revision: Revision) => void>();

  constructor({ clock, latency, leaseJitter = () => 0, notices = 'ordered' }: MemoryEtcdOptions) {
    this.#notices = notices;
    this.#clock = clock;
    this.#latency = latency;
    this.#leases = new Leases({ clock, jitter: leaseJitter, expire: (keys) => this.#deleteAll(keys) });
  }

  /** A client of its own, with faults of its own. */
  connect(options: ConnectOptions = {}): MemoryClient {
    return new MemoryClient(options, this.#clock, this.#latency, {
      range: (request) => this.#history.range(request),
      txn: (request) => {
        const { response, made } = transact(this.#history, this.#leases, request);
        this.#publish(made);
        if (made) options.onLanded?.(request, made.revision);
        return response;
      },
      grantLease: (ttlSeconds) => this.#leases.grant(ttlSeconds),
      keepLeaseAlive: (id) => this.#leases.renew(id),
      revokeLease: (id) => this.#deleteAll(this.#leases.revoke(id)),
      compact: (revision) => this.#history.compact(revision),
      notices: this.#notices,
      watch: (request, transport) => this.#watches.open(request, transport),
    });
  }

  /** The current revision. */
  get revision(): number {
    return this.#history.revision;
  }

  /** Reads past all clients, latencies and faults: for invariants and assertions. */
  peek(request: RangeRequest): RangeResponse {
    return this.#history.range(request);
  }

  /** What each revision changed, from a revision on (default: from the first that is not compacted). */
  history(fromRevision = 0): readonly Revision[] {
    return this.#history.since(fromRevision);
  }

  /**
   * Calls `observer` with each revision as it is made, before any client learns of it.
   * @returns a function that ends it
   */
  observe(observer: (revision: Revision) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Cuts the watches of all clients. Each learns of it through `onEnd`. */
  disconnect(): void {
    this.#watches.cutAll();
  }

  snapshot(): Snapshot {
    return { history: this.#history.copy(), leases: this.#leases.snapshot() };
  }

  /** Goes back to a snapshot as a restored etcd does: revisions go back, leases begin anew, all watches are cut. */
  restore(snapshot: Snapshot): void {
    this.#watches.cutAll();
    this.#history = snapshot.history.copy();
    this.#leases.restore(snapshot.leases);
  }

  #deleteAll(keys: string[]): void {
    for (const key of keys) this.#history.delete(key);
    this.#publish(this.#history.commit());
  }

  #publish(made: Revision | undefined): void {
    if (!made) return;
    for (const observer of this.#observers) observer(made);
    this.#watches.publish(made);
  }
}

/** An etcd in memory, driven by the clock handed in, for tests and the simulation. */
export const createMemoryEtcd = (options: MemoryEtcdOptions): MemoryEtcd => new MemoryEtcd(options);
