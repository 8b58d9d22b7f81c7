import { BerthError } from '../errors/index.ts';
import { integer, type Random } from '../platform/index.ts';
import { type Filter, maxContainers } from './filters.ts';
import type { HostModel } from './model.ts';

/** What an order may look at besides the hosts. */
export interface OrderContext {
  random: Random;
  /** The host that was given the newest container, for those that take turns. */
  last: string | undefined;
}

/** Puts the hosts that fit in the order of preference. Gets them in the order of the one before it, first by name. */
export type Order = (hosts: readonly HostModel[], context: OrderContext) => readonly HostModel[];

export interface Pipeline {
  filters: readonly Filter[];
  orders: readonly { name: string; order: Order }[];
}

/** First host in a fixed order: fills one host before it takes the next. */
const depthFirst: Order = (hosts) => [...hosts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** Takes turns: the host after the one that was given the newest container. */
const breadthFirst: Order = (hosts, { last }) => {
  const sorted = depthFirst(hosts, { random: { next: () => 0 }, last });
  const next = last === undefined ? 0 : sorted.findIndex(({ name }) => name > last);
  return next <= 0 ? sorted : [...sorted.slice(next), ...sorted.slice(0, next)];
};

/** Fisher–Yates shuffle. */
const random: Order = (hosts, { random }) => {
  const shuffled = [...hosts];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = integer(random, i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
};

/** Fewest containers first; ties keep their order. */
const leastContainers: Order = (hosts) => [...hosts].sort((a, b) => a.containers - b.containers);

const orders: Record<string, Order> = { depthFirst, breadthFirst, random, leastContainers };

/** Used where neither cloud nor application orders. */
const byDefault = { name: 'depthFirst', order: depthFirst };

/**
 * The pipeline that a list of strategies describes, in the order the user wrote them: `['breadthFirst']`,
 * `[{ maxContainers: 16 }, 'leastContainers']`. Names as in the talk, also as Brooklyn's class names.
 *
 * @throws BERTH_INVALID naming the strategy that is not known
 */
export function pipeline(strategies: readonly unknown[]): Pipeline {
  const filters: Filter[] = [];
  const chosen: Pipeline['orders'][number][] = [];
  for (const strategy of strategies) {
    const { name, value } = named(strategy);
    const order = orders[name];
    if (order) chosen.push({ name, order });
    else if (name === 'maxContainers') filters.push(maxContainers(limit(value)));
    else throw unknown(strategy);
  }
  return { filters, orders: chosen.length > 0 ? chosen : [byDefault] };
}

/** `maxContainers` without a number, as Clocker had it. */
const DEFAULT_MAX_CONTAINERS = 8;

function limit(value: unknown): number {
  if (value === undefined || value === null) return DEFAULT_MAX_CONTAINERS;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new BerthError('BERTH_INVALID', 'maxContainers', {
    found: JSON.stringify(value),
    expected: 'a whole number above 0',
  });
}

function named(strategy: unknown): { name: string; value?: unknown } {
  if (typeof strategy === 'string') return { name: shortName(strategy) };
  if (typeof strategy === 'object' && strategy !== null) {
    const [entry, ...more] = Object.entries(strategy);
    if (entry && more.length === 0) return { name: shortName(entry[0]), value: entry[1] };
  }
  throw unknown(strategy);
}

/** `brooklyn.location.docker.strategy.BreadthFirstPlacementStrategy` → `breadthFirst`. */
function shortName(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1).replace(/PlacementStrategy$/, '');
  return last.charAt(0).toLowerCase() + last.slice(1);
}

const unknown = (strategy: unknown): BerthError =>
  new BerthError('BERTH_INVALID', 'unknown placement strategy', {
    found: JSON.stringify(strategy),
    expected: `one of ${[...Object.keys(orders), 'maxContainers'].join(', ')}`,
  });
