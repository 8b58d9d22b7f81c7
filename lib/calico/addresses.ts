/** Ranges of addresses as Calico's rules write them, and sets of ranges. */

import { BITS, type Cidr, contains, formatCidr, parseCidr, rangeAround, tryParseAddress } from '../addresses/index.ts';

/** `10.0.0.0/8`, `10.1.2.3/8` (which means the same) or `10.1.2.3`, as Go's ParseCIDROrIP reads them. */
export function parseRange(text: string): Cidr | undefined {
  const [, host = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = tryParseAddress(host);
  if (!address) return undefined;
  const prefix = digits === undefined ? BITS[address.family] : Number(digits);
  return prefix > BITS[address.family] ? undefined : rangeAround(address, prefix);
}

const byAddress = (a: Cidr, b: Cidr): number =>
  a.family - b.family || (a.base < b.base ? -1 : a.base > b.base ? 1 : a.prefix - b.prefix);

/** Sorted, without those that lie within others. */
function simplified(ranges: readonly Cidr[]): Cidr[] {
  const kept: Cidr[] = [];
  for (const range of [...ranges].sort(byAddress)) {
    const last = kept.at(-1);
    if (!last || !contains(last, range)) kept.push(range);
  }
  return kept;
}

/** The same addresses in canonical, sorted ranges of which none holds another. */
export const unionOf = (...sets: readonly (readonly string[])[]): string[] =>
  simplified(sets.flatMap((set) => set.flatMap((text) => parseRange(text) ?? []))).map(formatCidr);

/** The addresses that are in both: of two ranges that overlap the smaller one. */
export function intersectionOf(a: readonly string[], b: readonly string[]): string[] {
  const [left, right] = [a, b].map((set) => unionOf(set).map(parseCidr));
  const common: Cidr[] = [];
  let [i, j] = [0, 0];
  while (left && right && i < left.length && j < right.length) {
    const [one, other] = [left[i]!, right[j]!];
    if (contains(one, other)) {
      common.push(other);
      j++;
    } else if (contains(other, one)) {
      common.push(one);
      i++;
    } else if (byAddress(one, other) < 0) i++;
    else j++;
  }
  return common.map(formatCidr);
}
