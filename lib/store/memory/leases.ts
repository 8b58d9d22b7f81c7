import type { Clock, Timer } from '../../platform/index.ts';
import { compareKeys } from './sorted.ts';

/** etcd's smallest TTL with its default election time-out of 1 s. */
const MIN_TTL_SECONDS = 2;

interface Lease {
  ttl: number;
  /** Of the monotonic clock. From here on it can no longer be renewed, even where its keys are still there. */
  deadline: number;
  timer: Timer;
  keys: Set<string>;
}

interface Dependencies {
  clock: Clock;
  /** Milliseconds from a lease's deadline until its keys are deleted. */
  jitter: () => number;
  /** Deletes the keys of a lease that has ended. */
  expire(keys: string[]): void;
}

/** Leases and the keys attached to them. The id '0' stands for no lease and always exists. */
export class Leases {
  #leases = new Map<string, Lease>();
  #lastId = 0;
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  has(id: string): boolean {
    return id === '0' || this.#leases.has(id);
  }

  grant(ttlSeconds: number): { id: string; ttl: number } {
    const ttl = Math.max(MIN_TTL_SECONDS, Math.ceil(ttlSeconds));
    const id = String(++this.#lastId);
    this.#set(id, ttl, new Set());
    return { id, ttl };
  }

  /** @returns the TTL in seconds; 0 when the lease is gone */
  renew(id: string): number {
    const lease = this.#leases.get(id);
    if (!lease || this.#dependencies.clock.monotonic() >= lease.deadline) return 0;
    lease.timer.cancel();
    this.#set(id, lease.ttl, lease.keys);
    return lease.ttl;
  }

  /** @returns the keys that go with it, none when it is gone already */
  revoke(id: string): string[] {
    const lease = this.#leases.get(id);
    if (!lease) return [];
    lease.timer.cancel();
    this.#leases.delete(id);
    return [...lease.keys].sort(compareKeys);
  }

  /** A key changed its lease; '0' for none. */
  move(key: string, from: string, to: string): void {
    if (from === to) return;
    this.#leases.get(from)?.keys.delete(key);
    this.#leases.get(to)?.keys.add(key);
  }

  /** What is needed to bring them back, each with its whole TTL ahead, as a new etcd leader does. */
  snapshot(): Map<string, { ttl: number; keys: string[] }> {
    return new Map([...this.#leases].map(([id, { ttl, keys }]) => [id, { ttl, keys: [...keys] }]));
  }

  restore(snapshot: ReadonlyMap<string, { ttl: number; keys: string[] }>): void {
    for (const { timer } of this.#leases.values()) timer.cancel();
    this.#leases.clear();
    for (const [id, { ttl, keys }] of snapshot) this.#set(id, ttl, new Set(keys));
  }

  #set(id: string, ttl: number, keys: Set<string>): void {
    const { clock, jitter, expire } = this.#dependencies;
    const timer = clock.after(ttl * 1000 + jitter(), () => expire(this.revoke(id)));
    this.#leases.set(id, { ttl, deadline: clock.monotonic() + ttl * 1000, timer, keys });
  }
}
