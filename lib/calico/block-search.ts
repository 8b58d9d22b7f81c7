import { BITS, type Cidr, contains, countOfSubnets, formatCidr, overlaps, subnetAt } from '../addresses/index.ts';
import { keyOf } from './keys.ts';
import type { Reserved } from './working-block.ts';

/** A pool that may be assigned from. */
export interface Pool {
  cidr: Cidr;
  /** Prefix length of its blocks. */
  blockSize: number;
}

/** Blocks of one pool that are looked through for one that will do. */
const SEARCHED_BLOCKS = 65_536;

/** What is looked for: a range that no block has, one that holds a free address, one that its host does not use. */
export type Purpose = 'claim' | 'borrow' | 'reclaim';

export interface Place {
  cidr: Cidr;
  /** The same, as it is written. */
  range: string;
  /** Id of its block. */
  id: string;
}

export const placeOf = (cidr: Cidr): Place => ({ cidr, range: formatCidr(cidr), id: keyOf.block(cidr) });

/**
 * Goes through the blocks of pools. A plan only ever takes: what did not do once will not do later, until something is
 * freed, so that each search goes on where the one before ended.
 */
export class BlockSearch {
  /** By purpose, host and pool: how many blocks have been passed over. */
  readonly #passed = new Map<string, number>();

  /**
   * The first block that will do, from a place that differs by host, so that hosts seldom want the same one at once.
   *
   * @param suits  called for one block after the other
   */
  find(purpose: Purpose, pool: Pool, host: string, suits: (place: Place) => boolean): Place | undefined {
    const key = `${purpose} ${host} ${formatCidr(pool.cidr)}`;
    const count = Math.min(SEARCHED_BLOCKS, countOfSubnets(pool.cidr, pool.blockSize));
    const start = hash(host) % Math.max(1, count);
    for (let i = this.#passed.get(key) ?? 0; i < count; i++) {
      const cidr = subnetAt(pool.cidr, pool.blockSize, (start + i) % count);
      const place = placeOf(cidr);
      this.#passed.set(key, i);
      if (suits(place)) return place;
    }
    this.#passed.set(key, count);
    return undefined;
  }

  /** Something became free, or others may have changed something: what did not do may do now. */
  again(): void {
    this.#passed.clear();
  }
}

/** Which ordinals of a block lie in reserved ranges; undefined where none does. */
export function reservedIn(cidr: Cidr, reservations: readonly Cidr[]): Reserved | undefined {
  const touching = reservations.filter((range) => overlaps(range, cidr));
  if (touching.length === 0) return undefined;
  if (touching.some((range) => contains(range, cidr))) return () => true;
  return (ordinal) => {
    const single = { family: cidr.family, base: cidr.base + BigInt(ordinal), prefix: BITS[cidr.family] };
    return touching.some((range) => contains(range, single));
  };
}

/** FNV-1a, 32 bits: spreads, no more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
