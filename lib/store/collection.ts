import { indexesOf } from './indexes.ts';
import type { Kind } from './keys.ts';
import { Ordered } from './ordered.ts';
import type { Entry } from './types.ts';

/** The entries of one kind: by id, in order, and by the kind's secondary indexes. */
export class Collection<K extends Kind> {
  readonly #byId = new Map<string, Entry<K>>();
  readonly #ordered = new Ordered<Entry<K>>();
  readonly #indexes: { at: (entry: Entry<K>) => string | undefined; found: Map<string, Ordered<Entry<K>>> }[] = [];
  readonly #indexByName = new Map<string, Map<string, Ordered<Entry<K>>>>();

  constructor(kind: K) {
    for (const [name, at] of Object.entries(indexesOf(kind))) {
      const found = new Map<string, Ordered<Entry<K>>>();
      this.#indexes.push({ at, found });
      this.#indexByName.set(name, found);
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
    return this.#indexByName.get(index)?.get(value)?.all() ?? [];
  }

  set(entry: Entry<K>): void {
    const before = this.#byId.get(entry.id);
    this.#byId.set(entry.id, entry);
    this.#ordered.set(entry);
    for (const { at, found } of this.#indexes) {
      const value = safely(at, entry);
      const old = before && safely(at, before);
      if (old !== undefined && old !== value) remove(found, old, entry.id);
      if (value === undefined) continue;
      let holders = found.get(value);
      if (!holders) {
        holders = new Ordered();
        found.set(value, holders);
      }
      holders.set(entry);
    }
  }

  delete(id: string): void {
    const before = this.#byId.get(id);
    if (!before) return;
    this.#byId.delete(id);
    this.#ordered.delete(id);
    for (const { at, found } of this.#indexes) {
      const value = safely(at, before);
      if (value !== undefined) remove(found, value, id);
    }
  }
}

function remove(found: Map<string, Ordered<{ readonly id: string }>>, value: string, id: string): void {
  const holders = found.get(value);
  holders?.delete(id);
  if (holders?.size === 0) found.delete(value);
}

/** A record of another version, or one put by hand, may lack what is indexed: it is then in no index. */
function safely<K extends Kind>(at: (entry: Entry<K>) => string | undefined, entry: Entry<K>): string | undefined {
  try {
    const value: unknown = at(entry);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
