import { createHash } from 'node:crypto';
import { messageOf } from '../errors/index.ts';
import type { Clock, Log } from '../platform/index.ts';
import type { EventRecord } from '../records/index.ts';
import type { Keyspace, Kv } from '../store/index.ts';
import { timestamp } from './conditions.ts';
import { WorkQueue } from './queue.ts';
import { within } from './signals.ts';

const MINUTE = 60_000;
/** An event that repeats is written again after this long at the earliest, with its count. */
const DEDUPLICATE = 2 * MINUTE;
/** More messages than this of one kind about one object within ten minutes become one event. */
const ALIKE = 10;
const ALIKE_WITHIN = 10 * MINUTE;
/** Writes about one object: so many at once, then one more each five minutes (as Kubernetes' event correlator). */
const BURST = 25;
const REFILL = 5 * MINUTE;
/** What is remembered at once: series of events, and objects whose rate is watched. */
const BUFFER = 1000;
/** Attempts to write one event before it is dropped. */
const ATTEMPTS = 5;
/** Seconds that an event stays readable at least, and how long events share one lease. */
const RETENTION = 3600;
const SHARED_FOR = 600;

export type EventType = EventRecord['type'];

export interface EventRecorderOptions {
  controller: string;
  kv: Kv;
  keyspace: Keyspace;
  clock: Clock;
  log: Log;
  /** Called for each event that is not written: too many, or the store refused it. */
  onDrop?: () => void;
}

/** One line of `berth events`: what is alike but for its time. Its id is that of its key. */
interface Series {
  about: string;
  type: EventType;
  reason: string;
  message: string;
  count: number;
  /** Milliseconds since the epoch. */
  first: number;
  last: number;
  /** `count` at the last write that succeeded. */
  written: number;
  /** Monotonic, of the last attempt to write it. */
  writtenAt: number;
}

/**
 * Records what happened, for people: `events/<plural>/<…id…>/<hash>`, leased. Repeats are counted, floods about one
 * object become one line, and a bounded buffer takes what the store does not, so `record` never waits and never throws.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** By id, oldest use first. */
  readonly #series = new Map<string, Series>();
  /** Messages of late, by about, type and reason: when each was last seen (monotonic). */
  readonly #alike = new Map<string, Map<string, number>>();
  /** Writes left for each object, as of a monotonic time. */
  readonly #budgets = new Map<string, { tokens: number; at: number }>();
  readonly #queue: WorkQueue;
  #lease: { id: string; until: number } | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ clock: options.clock, baseDelay: 1000, onReady: () => this.#wake() });
  }

  /** @param about the record it is about: `dockerclouds/my-cloud` */
  record(about: string, type: EventType, reason: string, message: string): void {
    const { clock } = this.#options;
    const now = clock.now();
    const line = this.#isFlood(about, type, reason, message) ? '(several alike)' : message;
    const id = this.#idOf(about, type, reason, line);
    const known = this.#series.get(id);
    const series = known ?? {
      about,
      type,
      reason,
      message,
      count: 0,
      first: now,
      last: now,
      written: 0,
      writtenAt: Number.NEGATIVE_INFINITY,
    };
    series.count++;
    series.last = now;
    // Of a flood the last one is shown.
    series.message = line === message ? message : `${line} ${message}`;
    touch(this.#series, id, series, BUFFER, (evicted) => {
      if (evicted.count > evicted.written) this.#options.onDrop?.();
    });
    this.#queue.addAfter(id, series.writtenAt + DEDUPLICATE - clock.monotonic(), 'live');
  }

  /** Writes what is due, for `ms` at most. What repeats and was written lately keeps its old count. */
  async close(ms: number): Promise<void> {
    if (this.#writing) await within(this.#options.clock, ms, this.#writing);
    this.#queue.shutDown();
  }

  #idOf(about: string, type: EventType, reason: string, line: string): string {
    const hash = createHash('sha256').update(JSON.stringify([this.#options.controller, type, reason, line]));
    return `${about}/${hash.digest('hex').slice(0, 16)}`;
  }

  #isFlood(about: string, type: EventType, reason: string, message: string): boolean {
    const now = this.#options.clock.monotonic();
    const key = JSON.stringify([about, type, reason]);
    const messages = this.#alike.get(key) ?? new Map<string, number>();
    touch(this.#alike, key, messages, BUFFER);
    // Oldest first, since each sighting moves to the end; more than one too many need not be remembered.
    touch(messages, message, now, ALIKE + 1);
    for (const [seen, at] of messages) {
      if (now - at < ALIKE_WITHIN) break;
      messages.delete(seen);
    }
    return messages.size > ALIKE;
  }

  /** Takes one write from what the object has left. */
  #afford(about: string): boolean {
    const now = this.#options.clock.monotonic();
    const budget = this.#budgets.get(about) ?? { tokens: BURST, at: now };
    budget.tokens = Math.min(BURST, budget.tokens + (now - budget.at) / REFILL);
    budget.at = now;
    touch(this.#budgets, about, budget, BUFFER);
    if (budget.tokens < 1) return false;
    budget.tokens--;
    return true;
  }

  #wake(): void {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    await undefined; // The caller may be anywhere: let it finish first.
    for (let id = this.#queue.take(); id !== undefined; id = this.#queue.take()) {
      const series = this.#series.get(id);
      if (series && series.count > series.written) await this.#write(id, series);
      this.#queue.done(id);
    }
  }

  async #write(id: string, series: Series): Promise<void> {
    const { controller, kv, keyspace, clock, log, onDrop } = this.#options;
    if (this.#queue.failures(id) === 0 && !this.#afford(series.about)) return onDrop?.();
    const { about, type, reason, message, count, first, last } = series;
    const record: EventRecord = {
      about,
      type,
      reason,
      message,
      controller,
      count,
      first: timestamp(first),
      last: timestamp(last),
    };
    series.writtenAt = clock.monotonic();
    try {
      const put = { put: keyspace.key('events', id), value: JSON.stringify(record), lease: await this.#sharedLease() };
      await kv.txn({ compare: [], then: [put] });
      series.written = count;
      this.#queue.forget(id);
    } catch (error) {
      this.#lease = undefined; // It may be the lease that is gone.
      log.debug({ event: id, error: messageOf(error) }, 'cannot write an event');
      if (this.#queue.failures(id) < ATTEMPTS) return this.#queue.addRateLimited(id);
      this.#queue.forget(id);
      this.#series.delete(id);
      onDrop?.();
    }
  }

  async #sharedLease(): Promise<string> {
    const now = this.#options.clock.monotonic();
    if (this.#lease && now < this.#lease.until) return this.#lease.id;
    const { id } = await this.#options.kv.grantLease(RETENTION + SHARED_FOR);
    this.#lease = { id, until: now + SHARED_FOR * 1000 };
    return id;
  }
}

/** Sets the key as the last of the map; what is over the limit goes from the front. */
function touch<V>(map: Map<string, V>, key: string, value: V, limit: number, evicted?: (value: V) => void): void {
  map.delete(key);
  map.set(key, value);
  for (const [oldest, old] of map) {
    if (map.size <= limit) break;
    map.delete(oldest);
    evicted?.(old);
  }
}
