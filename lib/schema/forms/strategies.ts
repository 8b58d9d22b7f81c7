import type { StrategySpec } from '../../records/index.ts';
import { type Field, type Form, isMap, type Mistake, oneOf, show } from '../field.ts';
import { closest, didYouMean } from '../suggest.ts';

/** Orders; they stand alone. */
const ORDERS = ['depthFirst', 'breadthFirst', 'random', 'leastContainers'] as const;
/** Known from Clocker; nothing places by them yet. */
const LATER = ['lowestCpuUsage', 'maxCpuUsage', 'hostname', 'label', 'group', 'affinity'];
const ALL: readonly string[] = [...ORDERS, 'maxContainers', ...LATER];
const EXPECTED = `a strategy: ${oneOf([...ORDERS, '{maxContainers: 16}'])}`;

/** `[{maxContainers: 16}, breadthFirst]`. The schema's `x-berth-supported` names those that already do something. */
export const strategies: Form<StrategySpec[]> = (value, field, schema) => {
  if (!Array.isArray(value)) return field.wrong({ found: show(value), expected: `a list; ${EXPECTED}` });
  const supported = schema['x-berth-supported'] || ALL;
  return value
    .map((item: unknown, i) => readStrategy(item, field.at(i), supported))
    .filter((each) => each !== undefined);
};

function readStrategy(item: unknown, field: Field, supported: readonly unknown[]): StrategySpec | undefined {
  const entry = isMap(item) && Object.keys(item).length === 1 ? Object.entries(item)[0] : undefined;
  const name = typeof item === 'string' ? item : entry?.[0];
  const known = name === undefined ? undefined : ALL.find((each) => each === shortName(name));
  if (name === undefined || !known) return field.wrong(unknown(item, name));
  if (!supported.includes(known) || LATER.includes(known))
    return field.wrong({ code: 'BERTH_NOT_SUPPORTED_YET', found: known, expected: oneOf(supported) });

  const order = ORDERS.find((each) => each === known);
  if (order) return entry ? field.wrong({ found: 'a map', expected: `${order} alone` }) : order;
  const limit = entry?.[1];
  return typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= 100_000
    ? { maxContainers: limit }
    : (entry ? field.at(entry[0]) : field).wrong({
        found: entry ? show(limit) : known,
        expected: '{maxContainers: n}, a whole number from 1 to 100000',
      });
}

/** `brooklyn.location.docker.strategy.BreadthFirstPlacementStrategy` and `BreadthFirst` are `breadthFirst`, as Clocker has it. */
function shortName(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1).replace(/PlacementStrategy$/, '');
  return last.charAt(0).toLowerCase() + last.slice(1);
}

const unknown = (item: unknown, name: string | undefined): Mistake => ({
  found: name === undefined ? show(item) : show(name),
  expected: EXPECTED,
  hint: name !== undefined && closest(name, ALL) ? didYouMean(name, ALL) : undefined,
});
