interface Deadline<T> {
  key: string;
  at: number;
  /** Of insertion: what is due at the same time comes out in this order. */
  order: number;
  value: T;
  /** Where it stands in the heap. */
  index: number;
}

/**
 * Keys with a time each, the earliest first: a binary heap that also finds, moves and removes by key, so that a key
 * which is rescheduled a thousand times takes one place. All operations O(log n).
 */
export class Deadlines<T> {
  readonly #heap: Deadline<T>[] = [];
  readonly #byKey = new Map<string, Deadline<T>>();
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest, without removing it. */
  first(): { readonly key: string; readonly at: number; readonly value: T } | undefined {
    return this.#heap[0];
  }

  get(key: string): { readonly at: number; readonly value: T } | undefined {
    return this.#byKey.get(key);
  }

  /** Adds the key, or moves it. */
  set(key: string, at: number, value: T): void {
    this.delete(key);
    const deadline = { key, at, order: this.#order++, value, index: this.#heap.length };
    this.#heap.push(deadline);
    this.#byKey.set(key, deadline);
    this.#rise(deadline);
  }

  delete(key: string): boolean {
    const gone = this.#byKey.get(key);
    if (!gone) return false;
    this.#byKey.delete(key);
    const last = this.#heap.pop()!;
    if (last !== gone) {
      this.#place(last, gone.index);
      this.#rise(last);
      this.#sink(last);
    }
    return true;
  }

  clear(): void {
    this.#heap.length = 0;
    this.#byKey.clear();
  }

  #place(deadline: Deadline<T>, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }

  #rise(deadline: Deadline<T>): void {
    while (deadline.index > 0) {
      const index = deadline.index;
      const parent = this.#heap[(index - 1) >> 1]!;
      if (!earlier(deadline, parent)) return;
      this.#place(deadline, parent.index);
      this.#place(parent, index);
    }
  }

  #sink(deadline: Deadline<T>): void {
    for (;;) {
      const index = deadline.index;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = left && right && earlier(right, left) ? right : left;
      if (!child || !earlier(child, deadline)) return;
      this.#place(deadline, child.index);
      this.#place(child, index);
    }
  }
}

const earlier = <T>(a: Deadline<T>, b: Deadline<T>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
