/** Where a chunk is split. Measured flat between 128 and 1,024. */
const CHUNK = 512;

/**
 * Items ordered by their id, in chunks: an insert moves at most one chunk, whatever the size of the whole, and a range
 * is read in the time of its result.
 */
export class Ordered<Item extends { readonly id: string }> {
  /** None empty. Ids ascend within and over chunks, compared by UTF-16 code units. */
  readonly #chunks: Item[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Inserts, or replaces what has the same id. */
  set(item: Item): void {
    const at = this.#chunkOf(item.id);
    const chunk = this.#chunks[at];
    if (!chunk) {
      this.#chunks.push([item]);
      this.#size++;
      return;
    }
    const i = lowerBound(chunk, item.id);
    if (chunk[i]?.id === item.id) {
      chunk[i] = item;
      return;
    }
    // Ascending inserts, which a first list makes, append to the last chunk and leave full chunks behind.
    if (chunk.length === CHUNK && i === CHUNK && at === this.#chunks.length - 1) this.#chunks.push([item]);
    else {
      chunk.splice(i, 0, item);
      if (chunk.length > CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK / 2));
    }
    this.#size++;
  }

  delete(id: string): void {
    const at = this.#chunkOf(id);
    const chunk = this.#chunks[at];
    if (!chunk) return;
    const i = lowerBound(chunk, id);
    if (chunk[i]?.id !== id) return;
    if (chunk.length === 1) this.#chunks.splice(at, 1);
    else chunk.splice(i, 1);
    this.#size--;
  }

  all(): Item[] {
    return this.#chunks.flat();
  }

  /** Those whose id begins with `prefix`. */
  startingWith(prefix: string): Item[] {
    const found: Item[] = [];
    for (let at = this.#chunkOf(prefix); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      for (let i = lowerBound(chunk, prefix); i < chunk.length; i++) {
        if (!chunk[i]!.id.startsWith(prefix)) return found;
        found.push(chunk[i]!);
      }
    }
    return found;
  }

  /** The last chunk that begins at or before `id`, or the first. */
  #chunkOf(id: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]![0]!.id <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first position whose id is not below `id`. */
function lowerBound(items: readonly { readonly id: string }[], id: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
