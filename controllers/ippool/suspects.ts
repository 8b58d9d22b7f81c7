/** Milliseconds that something must have belonged to nobody before it is taken away. */
const GRACE = 10 * 60_000;

/**
 * What was found to belong to nobody, and since when. It takes two looks at the same revision of a record, and ten
 * minutes between the first and the last: whoever is in the middle of something has ended by then. A new leader begins anew.
 */
export class Suspects {
  readonly #since = new Map<string, { revision: number; first: number }>();

  /**
   * One look at all records of some kind.
   *
   * @param scope    what they are called together: those of it that are not found again are no suspects any more
   * @param found    id and mod_revision of each that belongs to nobody
   * @param now      milliseconds, monotonic
   * @param grace    milliseconds between the first look and the last
   * @returns those that are to go
   */
  review<T extends { id: string; revision: number }>(
    scope: string,
    found: readonly T[],
    now: number,
    grace: number = GRACE,
  ): T[] {
    const keys = new Set(found.map(({ id }) => `${scope} ${id}`));
    for (const key of this.#since.keys()) if (key.startsWith(`${scope} `) && !keys.has(key)) this.#since.delete(key);
    return found.filter(({ id, revision }) => {
      const key = `${scope} ${id}`;
      const known = this.#since.get(key);
      if (known?.revision === revision) return now - known.first >= grace;
      this.#since.set(key, { revision, first: now });
      return false;
    });
  }
}
