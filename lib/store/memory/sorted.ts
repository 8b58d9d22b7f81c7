/** Keys in the order that etcd gives them, and the ranges that it understands. */

export interface KeyRange {
  key: string;
  /** Exclusive; absent: only `key`; `\0`: everything from `key` on. */
  end?: string | undefined;
}

/** Compares by UTF-8 bytes. JavaScript's own order differs where surrogate pairs (4 bytes) meet U+E000–U+FFFF (3 bytes). */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return a.length - b.length;
}

const utf8Rank = (unit: number) => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

export function inRange(key: string, range: KeyRange): boolean {
  if (range.end === undefined) return key === range.key;
  return compareKeys(key, range.key) >= 0 && (range.end === '\0' || compareKeys(key, range.end) < 0);
}

/** Splits keep insertion cheap: moving a few hundred references beats moving all of them. */
const MAX_CHUNK = 512;

/** A sorted collection of items with unique keys: chunks of sorted arrays, a B-tree of two levels. */
export class SortedByKey<T extends { readonly key: string }> {
  #chunks: T[][] = [];

  /** Adds an item whose key is not in here. */
  add(item: T): void {
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const at = this.#chunkOf(item.key);
    const chunk = this.#chunks[at]!;
    chunk.splice(firstFrom(chunk, item.key), 0, item);
    if (chunk.length > MAX_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(MAX_CHUNK / 2));
  }

  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (!chunk) return;
    const index = firstFrom(chunk, key);
    if (chunk[index]?.key !== key) return;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Calls `visit` for the items of a range that has an end, in order. */
  forEach(range: KeyRange, visit: (item: T) => void): void {
    const end = range.end === '\0' ? undefined : range.end;
    const first = this.#chunkOf(range.key);
    for (let at = first; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      const wholly = end === undefined || compareKeys(chunk[chunk.length - 1]!.key, end) < 0;
      const stop = wholly ? chunk.length : firstFrom(chunk, end!);
      for (let i = at === first ? firstFrom(chunk, range.key) : 0; i < stop; i++) visit(chunk[i]!);
      if (!wholly) return;
    }
  }

  /** The last chunk that begins at or before the key; the first where there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (compareKeys(this.#chunks[middle]![0]!.key, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Index of the first item whose key is not smaller. */
function firstFrom(items: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(items[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
