import { allKinds, type Change, type Entry, type Kind, type View } from '../store/index.ts';

/** Which keys of a controller an entry concerns, by kind. */
export type Watches = {
  [K in Kind]?: (entry: Entry<K>, state: View) => string | Iterable<string> | undefined;
};

/** From entries to the keys that they concern. A watch that throws wakes nothing; the others are not affected. */
export class Wakeups {
  readonly #watches: Watches;
  readonly #state: View;
  readonly #failed: (error: unknown, entry: Entry) => void;

  constructor(watches: Watches, state: View, failed: (error: unknown, entry: Entry) => void) {
    this.#watches = watches;
    this.#state = state;
    this.#failed = failed;
  }

  /** The keys of what stood there, and those of what stands there now. */
  *of({ kind, before, after }: Change): Generator<string> {
    if (before) yield* this.#keys(kind, before);
    if (after) yield* this.#keys(kind, after);
  }

  /** Every key that something in the store concerns now, perhaps several times. */
  *all(): Generator<string> {
    for (const kind of allKinds) {
      if (!this.#watches[kind]) continue;
      for (const entry of this.#state.list(kind)) yield* this.#keys(kind, entry);
    }
  }

  #keys<K extends Kind>(kind: K, entry: Entry<K>): Iterable<string> {
    try {
      const keys = this.#watches[kind]?.(entry, this.#state) ?? [];
      return typeof keys === 'string' ? [keys] : [...keys];
    } catch (error) {
      this.#failed(error, entry);
      return [];
    }
  }
}
