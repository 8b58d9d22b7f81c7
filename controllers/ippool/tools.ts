import type { Cidr } from '../../lib/network/index.ts';
import { parseCidr } from '../../lib/network/index.ts';
import { Suspects } from './suspects.ts';

/** Where application networks are cut from, unless told otherwise. */
export const DEFAULT_SUPERNET = '10.64.0.0/10';

/**
 * Ranges that were given to networks and that the cache does not show yet. Networks are made at the same time, and
 * have no key in common by which one could see the other; within one leader this is what keeps them apart, between
 * two leaders that the later one begins with all that the earlier one wrote.
 */
export class FreshRanges {
  readonly #ranges = new Map<string, { range: Cidr; landed: number }>();

  /** @param shown  revision of the cache: what landed before it is seen there */
  list(shown: number): { network: string; range: Cidr }[] {
    const fresh: { network: string; range: Cidr }[] = [];
    for (const [network, { range, landed }] of this.#ranges) {
      if (landed <= shown) this.#ranges.delete(network);
      else fresh.push({ network, range });
    }
    return fresh;
  }

  /**
   * Keeps a range apart while `commit` writes it, and until the cache shows it.
   *
   * @throws what `commit` throws; then the range is free again
   */
  async during(network: string, range: Cidr, commit: () => Promise<number>): Promise<void> {
    this.#ranges.set(network, { range, landed: Number.POSITIVE_INFINITY });
    try {
      this.#ranges.set(network, { range, landed: await commit() });
    } catch (error) {
      this.#ranges.delete(network);
      throw error;
    }
  }
}

/** What ippool is handed besides the store. One for each store, not shared. */
export interface IppoolTools {
  /** Application networks are cut from it. */
  supernet: Cidr;
  fresh: FreshRanges;
  /** Monotonic time at which the addresses in use of a network were last written down. */
  counted: Map<string, number>;
  suspects: Suspects;
}

/**
 * @param supernet  a masked range
 * @throws BERTH_INVALID
 */
export const ippoolTools = ({ supernet = DEFAULT_SUPERNET }: { supernet?: string } = {}): IppoolTools => ({
  supernet: parseCidr(supernet),
  fresh: new FreshRanges(),
  counted: new Map(),
  suspects: new Suspects(),
});
