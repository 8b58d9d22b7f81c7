interface Waiters {
  promise: Promise<void>;
  resolve: () => void;
  reject: (reason: Error) => void;
}

/** How far one prefix has been delivered, who waits for it, and which writes of this process are still to come. */
export class Progress {
  #delivered = 0;
  /** By the revision that is waited for. */
  readonly #waiters = new Map<number, Waiters>();
  /** Revisions of own commits that have not been delivered. */
  readonly #own = new Set<number>();
  #failure: Error | undefined;

  get delivered(): number {
    return this.#delivered;
  }

  /** This process wrote something below the prefix at `revision`. */
  wrote(revision: number): void {
    if (revision > this.#delivered) this.#own.add(revision);
  }

  /** The latest own write up to `revision` that has not been delivered; 0: none. */
  owed(revision: number): number {
    let last = 0;
    for (const own of this.#own) if (own <= revision && own > last) last = own;
    return last;
  }

  /** Resolves when `revision` has been delivered; undefined: it has. */
  until(revision: number): Promise<void> | undefined {
    if (revision <= this.#delivered) return undefined;
    const known = this.#waiters.get(revision);
    if (known) return known.promise;
    if (this.#failure) return Promise.reject(this.#failure);
    let settle: Omit<Waiters, 'promise'> = { resolve() {}, reject() {} };
    const promise = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // Whoever waited may have given up.
    promise.catch(() => {});
    this.#waiters.set(revision, { promise, ...settle });
    return promise;
  }

  advance(revision: number): void {
    this.#delivered = revision;
    for (const own of this.#own) if (own <= revision) this.#own.delete(own);
    for (const [awaited, { resolve }] of this.#waiters) {
      if (awaited > revision) continue;
      this.#waiters.delete(awaited);
      resolve();
    }
  }

  /** A list was taken over. One below what was delivered shows that the store was restored: what was to come never will. */
  relisted(revision: number): void {
    if (revision < this.#delivered) this.advance(Number.POSITIVE_INFINITY);
    this.advance(revision);
  }

  /** Nothing will be delivered any more. */
  fail(reason: Error): void {
    this.#failure = reason;
    for (const { reject } of this.#waiters.values()) reject(reason);
    this.#waiters.clear();
  }
}
