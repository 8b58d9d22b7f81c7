import { type Cidr, parseCidr } from '../../lib/addresses/index.ts';
import type { Clock } from '../../lib/platform/index.ts';
import type { View } from '../../lib/store/index.ts';
import { Setbacks } from './setbacks.ts';
import { Suspects } from './suspects.ts';

/** Where application networks are cut from, unless told otherwise. */
export const DEFAULT_SUPERNET = '10.64.0.0/10';

/** How long a write that was given up may still land, and the cache take to show one that landed. Milliseconds. */
const LATE = 60_000;

/** A range that is given out, and the pool that it is for. */
export interface Given {
  /** The network, or the pool's own name where it belongs to none. */
  network: string;
  range: Cidr;
  /** Id of the pool, below `/calico/`. */
  pool: string;
  /** No network's record has the range as well, as with tunnels: nothing but the pool shows it. */
  alone?: true;
}

interface FreshRange extends Given {
  /** Revision at which it landed; infinite while that is not known. */
  landed: number;
  /** Monotonic time after which it is let go; infinite while its write is under way. */
  until: number;
  clock: Clock;
}

/** What of the cache tells whether a range is shown: its revision is that of berth's own records, not of Calico's. */
type Shown = Pick<View, 'revision' | 'get'>;

/**
 * Ranges that were given to networks and that the cache does not show yet. Networks are made at the same time, and
 * have no key in common by which one could see the other; within one leader this is what keeps them apart, between
 * two leaders that the later one begins with all that the earlier one wrote.
 */
export class FreshRanges {
  readonly #ranges = new Set<FreshRange>();
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Revision at which the last of these ranges landed; 0 without any. Each lands only where no pool has come since it was
   * chosen: up to this revision there are the pools that were known then, and these ranges.
   */
  newest(shown: Shown): number {
    const landed = this.#current(shown).map((each) => each.landed);
    return Math.max(0, ...landed.filter(Number.isFinite));
  }

  /** Chooses ranges one after the other: of two that are chosen at a time, the second would be refused. */
  inTurn<T>(choose: () => Promise<T>): Promise<T> {
    const chosen = this.#turn.then(choose);
    this.#turn = chosen.catch(() => undefined);
    return chosen;
  }

  /** @param network  who asks: what it tried itself is not in its own way */
  besides(network: string, shown: Shown): Given[] {
    return this.#current(shown).filter(
      (each) => each.network !== network && (each.alone === true || each.landed > shown.revision),
    );
  }

  /**
   * Keeps a range apart while `commit` writes it, and until the cache shows it. `commit` is guarded by `settledPools`.
   *
   * @throws what `commit` throws. An attempt of its may still be on its way: others get the range when none can land any more
   */
  async during(given: Given, { commit, clock }: { commit: () => Promise<number>; clock: Clock }): Promise<void> {
    const unknown = Number.POSITIVE_INFINITY;
    const fresh: FreshRange = { ...given, landed: unknown, until: unknown, clock };
    this.#ranges.add(fresh);
    try {
      fresh.landed = await commit();
    } finally {
      fresh.until = clock.monotonic() + LATE;
    }
  }

  /** Those whose pool the cache does not show. One that it never shows, since it went at once, is let go when it is late. */
  #current({ get }: Shown): FreshRange[] {
    for (const each of this.#ranges)
      if (get('calico', each.pool) || each.clock.monotonic() >= each.until) this.#ranges.delete(each);
    return [...this.#ranges];
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
