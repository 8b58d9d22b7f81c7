import type { Cidr } from '../../lib/addresses/index.ts';
import { parseCidr } from '../../lib/addresses/index.ts';
import type { Clock } from '../../lib/platform/index.ts';
import { Setbacks } from './setbacks.ts';
import { Suspects } from './suspects.ts';

/** Where application networks are cut from, unless told otherwise. */
export const DEFAULT_SUPERNET = '10.64.0.0/10';

/** How long a write that was given up may still land. Milliseconds. */
const LATE = 60_000;

interface FreshRange {
  network: string;
  range: Cidr;
  /** Revision at which it landed; infinite while that is not known. */
  landed: number;
}

/**
 * Ranges that were given to networks and that the cache does not show yet. Networks are made at the same time, and
 * have no key in common by which one could see the other; within one leader this is what keeps them apart, between
 * two leaders that the later one begins with all that the earlier one wrote.
 */
export class FreshRanges {
  readonly #ranges = new Set<FreshRange>();
  #newest = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Revision at which the last range landed. Each lands only where no pool has come since it was chosen: up to this
   * revision there are the pools that were known then, and these ranges.
   */
  get newest(): number {
    return this.#newest;
  }

  /** Chooses ranges one after the other: of two that are chosen at a time, the second would be refused. */
  inTurn<T>(choose: () => Promise<T>): Promise<T> {
    const chosen = this.#turn.then(choose);
    this.#turn = chosen.catch(() => undefined);
    return chosen;
  }

  /**
   * @param network  who asks: what it tried itself is not in its own way
   * @param shown    revision of the cache: what landed before it is seen there
   */
  besides(network: string, shown: number): FreshRange[] {
    for (const each of this.#ranges) if (each.landed <= shown) this.#ranges.delete(each);
    return [...this.#ranges].filter((each) => each.network !== network);
  }

  /**
   * Keeps a range apart while `commit` writes it, and until the cache shows it. `commit` is guarded by `settledPools`.
   *
   * @throws what `commit` throws. An attempt of its may still be on its way: others get the range when none can land any more
   */
  async during(
    network: string,
    range: Cidr,
    { commit, clock }: { commit: () => Promise<number>; clock: Clock },
  ): Promise<void> {
    const fresh: FreshRange = { network, range, landed: Number.POSITIVE_INFINITY };
    this.#ranges.add(fresh);
    try {
      fresh.landed = await commit();
      this.#newest = Math.max(this.#newest, fresh.landed);
    } catch (error) {
      clock.after(LATE, () => this.#ranges.delete(fresh));
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
  setbacks: Setbacks;
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
  setbacks: new Setbacks(),
});
