import { BerthError } from '../errors/index.ts';
import type { Clock, Log } from '../platform/index.ts';
import { type Delivery, type DeliveryTools, deliver } from './delivery.ts';
import { type Kind, kinds } from './keys.ts';
import type { Keyspace } from './keyspace.ts';
import type { Kv } from './kv.ts';
import type { Batch } from './packing.ts';
import { Queue } from './queue.ts';
import { entryOf } from './records.ts';
import type { Cache, Guard, Store } from './types.ts';
import { type AnyWrite, type LeaderFence, type PreparedUnit, prepare, type Surroundings } from './unit.ts';

export interface StoreOptions<Owned extends Kind> {
  kv: Kv;
  keyspace: Keyspace;
  cache: Cache;
  /** Name of the controller, as in the key map. */
  owner: string;
  owns: readonly Owned[];
  /** The lead under which a unit is written: asked once per `commit`. */
  fence: () => LeaderFence;
  /** @throws BERTH_NOT_LEADER when the lead may be lost, by the monotonic clock. Called before each attempt */
  check: () => void;
  clock: Clock;
  log: Log;
}

/** Transactions under way at once. Two give 60 % of the throughput of eight, sixteen no more. */
const IN_FLIGHT = 8;
/** How long a write whose outcome stayed unknown may still land. Milliseconds. */
const LATE = 60_000;

/** How long a unit waits for others at most while a transaction is in flight. Milliseconds. */
const GATHER = 10;

const NO_GUARDS: readonly Guard[] = [];

/** A unit that waits or is under way, with whom to tell. */
interface Pending extends Delivery {
  resolve(revision: number): void;
  reject(error: unknown): void;
}

/**
 * The guarded writer of one leader. A unit goes at the end of the turn in which it was committed; while transactions are
 * in flight, units gather until a transaction is full, none is in flight any more, or 10 ms have passed.
 */
export function createStore<Owned extends Kind>(options: StoreOptions<Owned>): Store<Owned> {
  const { kv, keyspace, cache, owner, owns, fence, check, clock, log } = options;
  const queue = new Queue<Pending>();
  let transactions = 0;
  let scheduled = false;
  let gathering = false;
  let overdue = false;
  /** How many writes of a key are under way, or have landed and are not yet in the cache. */
  const unsettled = new Map<string, number>();

  const surroundings: Surroundings = { keyspace, view: cache, settled: (key) => !unsettled.has(key) };
  const tools: DeliveryTools<Pending> = { kv, check, clock, log, landed, failed };
  const writable = new Set<Kind>(
    owns.filter((kind) => kinds[kind].writers.some((writer) => writer === owner || writer === 'any')),
  );

  function own(kind: Kind): void {
    if (writable.has(kind)) return;
    throw new BerthError('BERTH_NOT_OWNER', `${owner} may not write this`, {
      place: kinds[kind].path,
      expected: kinds[kind].writers.join(' or '),
    });
  }

  /** Not an `async` function: that would be three more promises for each write. */
  function commit(writes: readonly AnyWrite[], guards: readonly Guard[] = NO_GUARDS): Promise<number> {
    try {
      check();
      for (const write of writes) own('put' in write ? write.put : write.delete);
      const unit = prepare(writes, guards, fence(), surroundings);
      return unit.writes === 0 ? Promise.resolve(cache.revision) : enqueue(unit);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function enqueue(unit: PreparedUnit): Promise<number> {
    for (const { key, write } of unit.parts) if (write) unsettled.set(key, (unsettled.get(key) ?? 0) + 1);
    if (!scheduled) {
      scheduled = true;
      queueMicrotask(endOfTurn);
    }
    return new Promise((resolve, reject) => queue.add({ unit, ambiguous: false, resolve, reject }));
  }

  function endOfTurn(): void {
    scheduled = false;
    pump();
  }

  function landed(deliveries: readonly Pending[], revision: number): void {
    cache.wrote(new Set(deliveries.flatMap(({ unit }) => unit.kinds)), revision);
    const settled = () => deliveries.forEach(settle);
    cache.reached(revision).then(settled, settled);
    for (const { resolve } of deliveries) resolve(revision);
  }

  function failed(deliveries: readonly Pending[], error: unknown): void {
    for (const delivery of deliveries) {
      if (delivery.ambiguous) clock.after(LATE, () => settle(delivery));
      else settle(delivery);
      delivery.reject(error);
    }
  }

  function settle({ unit }: Pending): void {
    for (const { key, write } of unit.parts) {
      if (!write) continue;
      const others = unsettled.get(key)! - 1;
      if (others > 0) unsettled.set(key, others);
      else unsettled.delete(key);
    }
  }

  function pump(): void {
    while (transactions < IN_FLIGHT && !queue.empty) {
      if (transactions > 0 && !overdue && !queue.full) {
        gather();
        return;
      }
      void send(queue.next()!);
    }
  }

  async function send(batch: Batch<Pending>): Promise<void> {
    transactions++;
    try {
      await deliver(batch.units, tools);
    } finally {
      transactions--;
      queue.done(batch);
      pump();
    }
  }

  /** Sees to it that what waits now is sent soon, also when a transaction in flight hangs. */
  function gather(): void {
    if (gathering) return;
    gathering = true;
    clock.after(GATHER, () => {
      gathering = false;
      overdue = true;
      pump();
      overdue = false;
    });
  }

  return {
    commit: ({ writes, guards }) => commit(writes, guards),
    put: (kind, id, value, { guards, lease } = {}) => commit([{ put: kind, id, value, lease }], guards),
    delete: (kind, id, { guards } = {}) => commit([{ delete: kind, id }], guards),
    async read(kind, id) {
      const { kvs } = await kv.range({ key: keyspace.key(kind, id) });
      return kvs[0] && entryOf(kind, id, kvs[0]);
    },
  };
}
