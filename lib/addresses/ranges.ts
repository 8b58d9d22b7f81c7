import { BITS, type Cidr } from './addresses.ts';

/** A point of the trie: a range of addresses, its two halves, and what lies on exactly this range. */
interface Node<T> {
  lower?: Node<T>;
  upper?: Node<T>;
  readonly holders: Map<string, T>;
  /** Prefix length of the largest free range in here; beyond every prefix length where nothing is free. */
  free: number;
}

const NOTHING_FREE = Number.POSITIVE_INFINITY;

/**
 * Ranges of addresses and who holds each: a binary trie per family. To add, to remove and to find the first free range
 * take as many steps as a prefix has bits, however many ranges there are. Ranges may overlap, and have several holders.
 */
export class Ranges<T> {
  readonly #roots: { 4: Node<T>; 6: Node<T> } = { 4: nodeAt(0), 6: nodeAt(0) };

  /** @param holder  unique among the holders of this very range; an equal one is replaced */
  add(range: Cidr, holder: string, value: T): void {
    const path = this.#path(range, 'make');
    path.at(-1)?.holders.set(holder, value);
    review(path);
  }

  remove(range: Cidr, holder: string): void {
    const path = this.#path(range, 'find');
    if (path.length <= range.prefix || !path.at(-1)?.holders.delete(holder)) return;
    review(path);
    for (let depth = path.length - 1; depth > 0; depth--) {
      const [parent, child] = [path[depth - 1]!, path[depth]!];
      if (child.holders.size > 0 || child.lower || child.upper) break;
      if (parent.lower === child) delete parent.lower;
      else delete parent.upper;
    }
  }

  /** What lies around a range or on it, then what lies inside, by address. */
  *overlapping(range: Cidr): Iterable<T> {
    const path = this.#path(range, 'find');
    for (const { holders } of path) yield* byKey(holders);
    if (path.length > range.prefix) yield* below(path.at(-1)!);
  }

  /** What lies inside a range or on it, by address. */
  *inside(range: Cidr): Iterable<T> {
    const path = this.#path(range, 'find');
    const last = path[range.prefix];
    if (!last) return;
    yield* byKey(last.holders);
    yield* below(last);
  }

  /** What lies around a range or on it, the largest first. */
  *around(range: Cidr): Iterable<T> {
    for (const { holders } of this.#path(range, 'find')) yield* byKey(holders);
  }

  /**
   * The first range of a prefix length that overlaps with none.
   *
   * @param within  where to look
   * @returns       a canonical range; undefined when there is none left
   */
  firstFree(within: Cidr, prefix: number): Cidr | undefined {
    if (prefix < within.prefix) return undefined;
    const path = this.#path(within, 'find');
    if (path.some(({ holders }, depth) => holders.size > 0 && depth < within.prefix)) return undefined;
    let node = path[within.prefix];
    let { base } = within;
    for (let depth = within.prefix; depth < prefix && node; depth++) {
      if (node.free > prefix) return undefined;
      const half = 1n << BigInt(BITS[within.family] - depth - 1);
      if ((node.lower?.free ?? depth + 1) <= prefix) node = node.lower;
      else {
        base += half;
        node = node.upper;
      }
    }
    return !node || node.free <= prefix ? { family: within.family, base, prefix } : undefined;
  }

  /** The nodes from the root to a range; with `find` they end where there are no more. */
  #path({ family, base, prefix }: Cidr, how: 'make' | 'find'): Node<T>[] {
    let node: Node<T> = this.#roots[family];
    const path = [node];
    for (let depth = 0; depth < prefix; depth++) {
      const side = (base >> BigInt(BITS[family] - depth - 1)) & 1n ? 'upper' : 'lower';
      let next: Node<T> | undefined = node[side];
      if (!next) {
        if (how === 'find') break;
        next = nodeAt<T>(depth + 1);
        node[side] = next;
      }
      path.push(next);
      node = next;
    }
    return path;
  }
}

const nodeAt = <T>(depth: number): Node<T> => ({ holders: new Map(), free: depth });

/** Corrects what each node of a path says of the room in it. */
function review<T>(path: readonly Node<T>[]): void {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const node = path[depth]!;
    const [lower, upper] = [node.lower?.free ?? depth + 1, node.upper?.free ?? depth + 1];
    const empty = lower === depth + 1 && upper === depth + 1;
    node.free = node.holders.size > 0 ? NOTHING_FREE : empty ? depth : Math.min(lower, upper);
  }
}

function* byKey<T>(holders: ReadonlyMap<string, T>): Iterable<T> {
  if (holders.size < 2) yield* holders.values();
  else for (const [, value] of [...holders].sort(([a], [b]) => (a < b ? -1 : 1))) yield value;
}

function* below<T>({ lower, upper }: Node<T>): Iterable<T> {
  for (const half of [lower, upper]) {
    if (!half) continue;
    yield* byKey(half.holders);
    yield* below(half);
  }
}
