import type { Clock, Random, Timer } from '../platform/index.ts';
import { Deadlines } from './deadlines.ts';

/**
 * `live`: somebody changed something now. `retry`: again, after an error or a time asked for. `resync`: nothing is known
 * to have changed (start-up, periodic look). So a restart never buries live edits.
 */
export type Priority = 'live' | 'retry' | 'resync';

/** The highest first. */
const PRIORITIES: readonly Priority[] = ['live', 'retry', 'resync'];
const rank = (priority: Priority): number => PRIORITIES.indexOf(priority);

/** Milliseconds; what is later is set again then. Node's timers overflow at 2³¹. */
const LONGEST_TIMER = 2 ** 30;

/** What a queue reports. Durations in seconds. */
export interface QueueObserver {
  added(): void;
  retried(): void;
  /** From ready to taken. */
  waited(seconds: number): void;
  /** From taken to done. */
  worked(seconds: number): void;
}

export interface WorkQueueOptions {
  clock: Clock;
  /** Called when something can be taken, perhaps several times for one key. Must not take synchronously. */
  onReady?: () => void;
  observer?: QueueObserver;
  /** Spreads retries: each delay is multiplied by 1 to 1.25. Absent: exact delays. */
  random?: Random;
  /** Milliseconds before the first retry; doubles with each. Default 5. */
  baseDelay?: number;
  /** Milliseconds at most between retries. Default 1,000,000. */
  maxDelay?: number;
}

/**
 * The work queue of controllers, after client-go's: a key waits at most once, and is in one pair of hands at most. A key
 * added while it is being processed is handed out again when it is done, once. A key has one appointment: the earlier
 * of two counts, and an immediate add replaces a delayed one, since a reconcile decides anew when to come back.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #options: WorkQueueOptions;
  /** What can be taken, one FIFO per priority. */
  readonly #lanes = PRIORITIES.map(() => new Lane());
  /** Every key in a lane or to be put into one at `done`: its priority, and since when it waits (monotonic). */
  readonly #dirty = new Map<string, { rank: number; since: number }>();
  /** Keys handed out, and since when (monotonic). In the order of being taken. */
  readonly #processing = new Map<string, number>();
  readonly #delayed = new Deadlines<Priority>();
  readonly #failures = new Map<string, number>();
  #timer: { at: number; timer: Timer } | undefined;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#options = options;
  }

  /** Keys that wait to be taken. */
  get depth(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.size, 0);
  }

  /** Keys with an appointment later. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys in somebody's hands. */
  get processing(): number {
    return this.#processing.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Now, at this priority or the one it has already if that is higher. */
  add(key: string, priority: Priority = 'live'): void {
    if (this.#closed) return;
    this.#delayed.delete(key);
    const wanted = rank(priority);
    const dirty = this.#dirty.get(key);
    if (!dirty) {
      this.#dirty.set(key, { rank: wanted, since: this.#clock.monotonic() });
      this.#options.observer?.added();
      if (!this.#processing.has(key)) this.#lanes[wanted]!.add(key);
    } else if (wanted < dirty.rank) {
      if (this.#lanes[dirty.rank]!.delete(key)) this.#lanes[wanted]!.add(key);
      dirty.rank = wanted;
    }
    if (!this.#processing.has(key)) this.#options.onReady?.();
  }

  /** In `ms` milliseconds, unless it comes up before. */
  addAfter(key: string, ms: number, priority: Priority = 'retry'): void {
    if (ms <= 0) {
      this.add(key, priority);
      return;
    }
    if (this.#closed || this.#dirty.has(key)) return;
    const at = this.#clock.monotonic() + ms;
    const known = this.#delayed.get(key);
    if (known && known.at <= at) return;
    this.#delayed.set(key, at, priority);
    this.#schedule();
  }

  /** After a delay that doubles with each call since `forget`. @param options.max milliseconds at most, where less than the queue's own */
  addRateLimited(key: string, options: { max?: number } = {}): void {
    if (this.#closed) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#options.observer?.retried();
    const { baseDelay = 5, maxDelay = 1_000_000, random } = this.#options;
    const delay = Math.min(baseDelay * 2 ** failures, maxDelay, options.max ?? Number.POSITIVE_INFINITY);
    this.addAfter(key, random ? delay * (1 + random.next() / 4) : delay);
  }

  /** The key is well: the next rate-limited add starts from the shortest delay. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key was added rate-limited since it was forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Hands out the next key; give it back with `done`. */
  take(): string | undefined {
    if (this.#closed) return undefined;
    for (const lane of this.#lanes) {
      const key = lane.shift();
      if (key === undefined) continue;
      const now = this.#clock.monotonic();
      this.#options.observer?.waited((now - this.#dirty.get(key)!.since) / 1000);
      this.#dirty.delete(key);
      this.#processing.set(key, now);
      return key;
    }
    return undefined;
  }

  /** The key is in nobody's hands any more. If it was added in the meantime, it waits now. */
  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#options.observer?.worked((this.#clock.monotonic() - since) / 1000);
    const dirty = this.#dirty.get(key);
    if (!dirty || this.#closed) return;
    this.#lanes[dirty.rank]!.add(key);
    this.#options.onReady?.();
  }

  /** Seconds that the keys now in hands have been there: all together, and the longest of them. */
  unfinished(): { sum: number; longest: number } {
    const now = this.#clock.monotonic();
    let sum = 0;
    let longest = 0;
    for (const since of this.#processing.values()) {
      sum += (now - since) / 1000;
      longest = Math.max(longest, (now - since) / 1000);
    }
    return { sum, longest };
  }

  /** Hands out nothing any more and forgets what waits. What is in hands may still be given back. */
  shutDown(): void {
    this.#closed = true;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    for (const lane of this.#lanes) lane.clear();
    this.#dirty.clear();
    this.#delayed.clear();
    this.#failures.clear();
  }

  /** One timer, for the earliest appointment. A timer that is too early only sets the next. */
  #schedule(): void {
    const first = this.#delayed.first();
    if (!first || (this.#timer && this.#timer.at <= first.at)) return;
    this.#timer?.timer.cancel();
    const wait = Math.min(first.at - this.#clock.monotonic(), LONGEST_TIMER);
    const timer = this.#clock.after(wait, () => {
      this.#timer = undefined;
      const now = this.#clock.monotonic();
      for (let due = this.#delayed.first(); due && due.at <= now; due = this.#delayed.first())
        this.add(due.key, due.value);
      this.#schedule();
    });
    this.#timer = { at: first.at, timer };
  }
}

/**
 * First in, first out, with removal by key: a Set, read by one iterator that lives as long as there is something to
 * read. A new iterator for each key would step over all the places left empty before it, every time.
 */
class Lane {
  readonly #keys = new Set<string>();
  #head: SetIterator<string> | undefined;

  get size(): number {
    return this.#keys.size;
  }

  add(key: string): void {
    this.#keys.add(key);
  }

  delete(key: string): boolean {
    return this.#keys.delete(key);
  }

  shift(): string | undefined {
    if (this.#keys.size === 0) return undefined;
    this.#head ??= this.#keys.values();
    let next = this.#head.next();
    if (next.done) {
      // An iterator that has seen the end stays there.
      this.#head = this.#keys.values();
      next = this.#head.next();
    }
    if (next.done) return undefined;
    this.#keys.delete(next.value);
    return next.value;
  }

  clear(): void {
    this.#keys.clear();
    this.#head = undefined;
  }
}
