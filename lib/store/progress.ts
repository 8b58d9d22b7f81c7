/** How far one prefix has been delivered, and which writes of this process are still to come. */
export class Progress {
  #delivered = 0;
  /** Own commits that have not been delivered, by revision. */
  readonly #own = new Map<number, { promise: Promise<void>; resolve: () => void }>();

  get delivered(): number {
    return this.#delivered;
  }

  /** This process wrote something below the prefix at `revision`. */
  wrote(revision: number): void {
    if (revision <= this.#delivered || this.#own.has(revision)) return;
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#own.set(revision, { promise, resolve });
  }

  /** Resolves when every own write up to `revision` has been delivered; undefined: that is so. */
  reached(revision: number): Promise<void> | undefined {
    let last = 0;
    for (const own of this.#own.keys()) if (own <= revision && own > last) last = own;
    return this.#own.get(last)?.promise;
  }

  advance(revision: number): void {
    this.#delivered = revision;
    for (const [own, { resolve }] of this.#own) {
      if (own > revision) continue;
      this.#own.delete(own);
      resolve();
    }
  }

  /** A list was taken over. One below what was delivered shows that the store was restored: what we wrote then is gone. */
  relisted(revision: number): void {
    this.advance(revision < this.#delivered ? Number.POSITIVE_INFINITY : revision);
    this.#delivered = revision;
  }
}
