import { indexesOf } from './indexes.ts';
import type { Kind } from './keys.ts';
import { Ordered } from './ordered.ts';
import { Index } from './secondary-index.ts';
import type { Entry } from './types.ts';

/** The entries of one kind: by id, in order, and by the kind's secondary indexes. */
export class Collection<K extends Kind> {
  readonly #byId = new Map<string, Entry<K>>();
  readonly #ordered = new Ordered<Entry<K>>();
  readonly #indexes: Index<K>[] = [];
  readonly #indexByName = new Map<string, Index<K>>();

  constructor(kind: K) {
    for (const [name, at] of Object.entries(indexesOf(kind))) {
      const index = new Index(at);
      this.#indexes.push(index);
      this.#indexByName.set(name, index);
    }
  }

  get(id: string): Entry<K> | undefined {
    return this.#byId.get(id);
  }

  list(under?: string): Entry<K>[] {
    if (under === undefined) return this.#ordered.all();
    const itself = this.#byId.get(under);
    const below = this.#ordered.startingWith(`${under}/`);
    return itself ? [itself, ...below] : below;
  }

  by(index: string, value: string): Entry<K>[] {
    return this.#indexByName.get(index)?.get(value) ?? [];
  }

  set(entry: Entry<K>): void {
    const before = this.#byId.get(entry.id);
    this.#byId.set(entry.id, entry);
    this.#ordered.set(entry);
    for (const index of this.#indexes) index.set(entry, before);
  }

  delete(id: string): void {
    const before = this.#byId.get(id);
    if (!before) return;
    this.#byId.delete(id);
    this.#ordered.delete(id);
    for (const index of this.#indexes) index.delete(before);
  }
}
