import type { Clock, Timer } from '../platform/index.ts';

interface Waiting {
  at: number;
  order: number;
  action: (() => void) | undefined;
}

/**
 * A clock that moves only when told to. Timers fire in the order of their time, then of their making, so a run is
 * reproducible. Between two timers every promise that can settle has settled. Time goes in whole milliseconds, as that
 * of Node's own timers: a wait for a rest of time too small to be added to a large sum would never end.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  /** Difference between wall and monotonic time; `jump` changes it. */
  #wall: number;
  readonly #heap: Waiting[] = [];

  /** @param epoch wall clock at the start, milliseconds */
  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#wall = epoch;
  }

  now(): number {
    return this.#wall + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): Timer {
    const waiting: Waiting = { at: this.#now + Math.max(0, Math.ceil(ms)), order: this.#order++, action };
    push(this.#heap, waiting);
    return {
      cancel() {
        waiting.action = undefined;
      },
    };
  }

  /** Sets the wall clock forward or back; monotonic time does not notice. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** When the next timer is due (monotonic), if there is one. */
  next(): number | undefined {
    while (this.#heap.length > 0 && !this.#heap[0]!.action) pop(this.#heap);
    return this.#heap[0]?.at;
  }

  /**
   * Lets everything settle, then fires the next timer and lets that settle.
   * @returns false when no timer is left
   */
  async step(): Promise<boolean> {
    await settle();
    if (this.next() === undefined) return false;
    const waiting = pop(this.#heap);
    this.#now = Math.max(this.#now, waiting.at);
    waiting.action!();
    await settle();
    return true;
  }

  /** Fires all timers due within `ms`, and moves time by exactly `ms`. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + Math.ceil(ms);
    await settle();
    for (let next = this.next(); next !== undefined && next <= end; next = this.next()) await this.step();
    this.#now = end;
  }

  /** Advances until `condition` holds. @throws when that takes longer than `ms` of virtual time */
  async until(condition: () => boolean, ms: number, what = 'the condition'): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (!condition()) {
      const next = this.next();
      if (next === undefined || next > end)
        throw new Error(`${what} did not come about within ${ms} ms of virtual time`);
      await this.step();
    }
  }
}

/** One turn of the real event loop: every promise that can settle does, because no virtual timer fires meanwhile. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const before = (a: Waiting, b: Waiting): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Waiting[], item: Waiting): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(item, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Waiting[]): Waiting {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length > 0) {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
  return first;
}
