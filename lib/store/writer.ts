import { BerthError } from '../errors/index.ts';
import type { Clock, Log } from '../platform/index.ts';
import { Claims } from './claims.ts';
import { type Delivery, deliver } from './delivery.ts';
import { type Kind, kinds } from './keys.ts';
import type { Keyspace } from './keyspace.ts';
import type { Kv } from './kv.ts';
import { pack } from './packing.ts';
import { entryOf } from './records.ts';
import type { Cache, Guard, Store } from './types.ts';
import { type AnyWrite, type LeaderFence, type PreparedUnit, prepare } from './unit.ts';

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
/** Units that must have come since a transaction was found not full before it is looked at again. */
const MORE = 16;

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
  /** In the order of their commits. */
  const queue = new Set<Pending>();
  const inFlight = new Claims();
  let transactions = 0;
  let scheduled = false;
  let gathering = false;
  let overdue = false;
  /** Length of the queue below which another look finds no full transaction. */
  let enough = 0;
  /** How many writes of a key are under way, or have landed and are not yet in the cache. */
  const unsettled = new Map<string, number>();

  function own(kind: Kind): void {
    const allowed = kinds[kind].writers.some((writer) => writer === owner || writer === 'any');
    if (!allowed || !owns.some((owned) => owned === kind)) {
      throw new BerthError('BERTH_NOT_OWNER', `${owner} may not write this`, {
        place: kinds[kind].path,
        expected: kinds[kind].writers.join(' or '),
      });
    }
  }

  async function commit(writes: readonly AnyWrite[], guards: readonly Guard[] = []): Promise<number> {
    check();
    for (const write of writes) own('put' in write ? write.put : write.delete);
    const unit = prepare(
      { writes, guards },
      { keyspace, view: cache, fence: fence(), settled: (key) => !unsettled.has(key) },
    );
    return unit.written.size === 0 ? cache.revision : enqueue(unit);
  }

  function enqueue(unit: PreparedUnit): Promise<number> {
    return new Promise((resolve, reject) => {
      for (const key of unit.written) unsettled.set(key, (unsettled.get(key) ?? 0) + 1);
      queue.add({ ...unit, ambiguous: false, resolve, reject });
      if (scheduled) return;
      scheduled = true;
      queueMicrotask(() => {
        scheduled = false;
        pump();
      });
    });
  }

  function landed(units: readonly Pending[], revision: number): void {
    for (const { kinds: touched } of units) cache.wrote(touched, revision);
    const settled = () => units.forEach(settle);
    cache.reached(revision).then(settled, settled);
    for (const { resolve } of units) resolve(revision);
  }

  function failed(units: readonly Pending[], error: unknown): void {
    for (const unit of units) {
      if (unit.ambiguous) clock.after(LATE, () => settle(unit));
      else settle(unit);
      unit.reject(error);
    }
  }

  function settle({ written }: Pending): void {
    for (const key of written) {
      const others = unsettled.get(key)! - 1;
      if (others > 0) unsettled.set(key, others);
      else unsettled.delete(key);
    }
  }

  function pump(): void {
    while (transactions < IN_FLIGHT && queue.size > 0) {
      const mayWait = transactions > 0 && !overdue;
      if (mayWait && queue.size < enough) {
        gather();
        return;
      }
      const { batch, full } = pack(queue, inFlight);
      if (batch.length === 0) return;
      if (mayWait && !full) {
        enough = queue.size + MORE;
        gather();
        return;
      }
      enough = 0;
      for (const unit of batch) {
        queue.delete(unit);
        inFlight.add(unit);
      }
      transactions++;
      void deliver(batch, { kv, check, clock, log, landed, failed }).finally(() => {
        transactions--;
        enough = 0;
        for (const unit of batch) inFlight.remove(unit);
        pump();
      });
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
    put: (kind, id, value, { guards, lease } = {}) =>
      commit([{ put: kind, id, value, ...(lease !== undefined && { lease }) }], guards),
    delete: (kind, id, { guards } = {}) => commit([{ delete: kind, id }], guards),
    async read(kind, id) {
      const { kvs } = await kv.range({ key: keyspace.key(kind, id) });
      return kvs[0] && entryOf(kind, id, kvs[0]);
    },
  };
}
