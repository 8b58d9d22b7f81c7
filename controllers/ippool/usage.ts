import { ordinalOf, sizeOf, tryParseAddress, tryParseCidr } from '../../lib/addresses/index.ts';
import type { NetworkRecord } from '../../lib/records/index.ts';

/** How full a network is. */
export type Usage = Pick<NetworkRecord, 'used' | 'capacity'>;

/** A pool's range, and how many of its addresses somebody holds. */
export interface PoolUsage {
  range: string;
  used: number;
}

/**
 * How full a network is. Of two families the one counts that has less left: a container takes an address of each. An
 * explicit gateway counts for neither side.
 *
 * @param gateway  an address that is never handed out where it lies in one of the ranges
 */
export function usageOf(pools: readonly PoolUsage[], gateway: string | undefined): Usage {
  const reserved = gateway === undefined ? undefined : tryParseAddress(gateway);
  const families = new Map<4 | 6, Usage>();
  for (const { range: text, used } of pools) {
    const range = tryParseCidr(text);
    if (!range) continue;
    const sum = families.get(range.family) ?? { used: 0, capacity: 0 };
    const without = reserved && ordinalOf(range, reserved) !== undefined ? 1 : 0;
    const capacity = Math.min(Number.MAX_SAFE_INTEGER, sum.capacity + Number(sizeOf(range)) - without);
    families.set(range.family, { used: sum.used + used, capacity });
  }
  const [first = { used: 0, capacity: 0 }, second] = [...families.values()];
  return second && second.capacity - second.used < first.capacity - first.used ? second : first;
}
