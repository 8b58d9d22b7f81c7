import { type Cidr, formatAddress, sizeOf, tryParseCidr } from '../../lib/addresses/index.ts';
import type { NetworkRecord } from '../../lib/records/index.ts';
import type { Cache, Change, View } from '../../lib/store/index.ts';
import { rangesOf } from './neighbourhood.ts';

interface Interval {
  first: bigint;
  last: bigint;
}

/**
 * The addresses of all networks, as few intervals: networks that are cut from one range one after the other are one.
 * Each host is told of them, so their text has to be short, and the same while networks only count their addresses.
 */
export class Pools {
  /** By their first address. */
  readonly #intervals: { 4: Interval[]; 6: Interval[] } = { 4: [], 6: [] };
  #joined: string[] | undefined;

  add(network: NetworkRecord): void {
    for (const { family, interval } of intervalsOf(network)) {
      const all = this.#intervals[family];
      all.splice(placeOf(interval, all), 0, interval);
    }
    this.#joined = undefined;
  }

  remove(network: NetworkRecord): void {
    for (const { family, interval } of intervalsOf(network)) {
      const all = this.#intervals[family];
      const at = placeOf(interval, all);
      if (all[at]?.first === interval.first && all[at].last === interval.last) all.splice(at, 1);
    }
    this.#joined = undefined;
  }

  /** `10.64.0.0-10.64.39.255`, IPv4 first. */
  list(): readonly string[] {
    this.#joined ??= ([4, 6] as const).flatMap((family) =>
      joined(this.#intervals[family]).map(({ first, last }) =>
        [first, last].map((value) => formatAddress({ family, value })).join('-'),
      ),
    );
    return this.#joined;
  }
}

const known = new WeakMap<View, Pools>();

/** Those of a state; filled once from a cache, which then says what changes. */
export function poolsOf(state: View): Pools {
  const followed = known.get(state);
  if (followed) return followed;
  const pools = new Pools();
  for (const { value } of state.list('networks')) pools.add(value);
  if (isCache(state)) {
    known.set(state, pools);
    state.subscribe((changes) => {
      for (const change of changes) if (isOfNetwork(change)) follow(pools, change);
    });
  }
  return pools;
}

function follow(pools: Pools, { before, after }: Change<'networks'>): void {
  // Their counts change with each address that they hand out.
  if (before && after && String(rangesOf(before.value)) === String(rangesOf(after.value))) return;
  if (before) pools.remove(before.value);
  if (after) pools.add(after.value);
}

const isOfNetwork = (change: Change): change is Change<'networks'> => change.kind === 'networks';

const isCache = (view: View): view is Cache => 'subscribe' in view;

const intervalsOf = (network: NetworkRecord): { family: 4 | 6; interval: Interval }[] =>
  rangesOf(network).flatMap((text) => {
    const range: Cidr | undefined = tryParseCidr(text);
    if (!range) return [];
    return { family: range.family, interval: { first: range.base, last: range.base + sizeOf(range) - 1n } };
  });

/** Where it is, or would be. */
function placeOf({ first, last }: Interval, all: readonly Interval[]): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = all[middle]!;
    if (found.first < first || (found.first === first && found.last < last)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joined(sorted: readonly Interval[]): Interval[] {
  const all: Interval[] = [];
  for (const { first, last } of sorted) {
    const before = all.at(-1);
    if (!before || before.last + 1n < first) all.push({ first, last });
    else if (before.last < last) before.last = last;
  }
  return all;
}
