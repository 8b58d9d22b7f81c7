import { type Cidr, countOfSubnets, firstAddress, formatCidr, rangeAround, subnetAt } from './addresses.ts';

/**
 * Prefix lengths of regions: no block of Calico's is larger, and few networks are smaller, so that the blocks of a
 * network are found region by region, and each block lies in one.
 */
const REGION = { 4: 20, 6: 64 } as const;

/** More lookups than these cost more than a look at everything. */
const MOST = 4096;

/** The region that a block lies in. */
export const regionOf = (block: Cidr): string => formatCidr(rangeAround(firstAddress(block), REGION[block.family]));

/** Regions that together hold a range; undefined where they are too many to be looked up one by one. */
export function regionsOf(range: Cidr): string[] | undefined {
  const prefix = REGION[range.family];
  const count = countOfSubnets(range, prefix);
  if (count === 0) return [regionOf(range)];
  if (count > MOST) return undefined;
  return Array.from({ length: count }, (_, index) => formatCidr(subnetAt(range, prefix, index)));
}

/** Every range that holds one, the largest first: as text, to be looked up. */
export const rangesAround = (range: Cidr): string[] =>
  Array.from({ length: range.prefix + 1 }, (_, prefix) => formatCidr(rangeAround(firstAddress(range), prefix)));
