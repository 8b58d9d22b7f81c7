import type { Kind } from './keys.ts';
import { Ordered } from './ordered.ts';
import type { Entry } from './types.ts';

/** One secondary index of one kind: the entries that a function files under the same value. */
export class Index<K extends Kind> {
  readonly #at: (entry: Entry<K>) => string | undefined;
  /** Most values have one entry, which then stands for itself: a list of one for each is as large as the entry. */
  readonly #found = new Map<string, Entry<K> | Ordered<Entry<K>>>();

  constructor(at: (entry: Entry<K>) => string | undefined) {
    this.#at = at;
  }

  /** In the order of their ids. */
  get(value: string): Entry<K>[] {
    const found = this.#found.get(value);
    if (found === undefined) return [];
    return found instanceof Ordered ? found.all() : [found];
  }

  /** @param before what stood under the same id */
  set(entry: Entry<K>, before: Entry<K> | undefined): void {
    const value = this.#valueOf(entry);
    const old = before && this.#valueOf(before);
    if (old !== undefined && old !== value) this.#remove(old, entry.id);
    if (value === undefined) return;
    const found = this.#found.get(value);
    if (found instanceof Ordered) found.set(entry);
    else if (found === undefined || found.id === entry.id) this.#found.set(value, entry);
    else {
      const several = new Ordered<Entry<K>>();
      several.set(found);
      several.set(entry);
      this.#found.set(value, several);
    }
  }

  delete(entry: Entry<K>): void {
    const value = this.#valueOf(entry);
    if (value !== undefined) this.#remove(value, entry.id);
  }

  #remove(value: string, id: string): void {
    const found = this.#found.get(value);
    if (found instanceof Ordered) {
      found.delete(id);
      if (found.size === 0) this.#found.delete(value);
    } else if (found?.id === id) this.#found.delete(value);
  }

  /** A record of another version, or one put by hand, may lack what is indexed: it is then in no index. */
  #valueOf(entry: Entry<K>): string | undefined {
    try {
      const value: unknown = this.#at(entry);
      return typeof value === 'string' ? value : undefined;
    } catch {
      return undefined;
    }
  }
}
