import { looksLikeLocation, parseLocation } from '../../location/index.ts';
import type { LocationSpec } from '../../records/index.ts';
import { type Field, type Form, isMap, oneOf, show } from '../field.ts';
import { DNS_LABEL, isDnsLabel } from '../names.ts';
import { didYouMean } from '../suggest.ts';

/** Where machines come from: a location or a list of them. The schema's `x-berth-supported` names the drivers. */
export const location: Form<LocationSpec[]> = (value, field, schema) => {
  const items: [unknown, Field][] = Array.isArray(value)
    ? value.map((item: unknown, i) => [item, field.at(i)])
    : [[value, field]];
  if (items.length === 0) return field.wrong({ found: 'an empty list', expected: 'at least one location' });
  const supported = schema['x-berth-supported'] || [];
  return items.map(([item, at]) => readOne(item, at, supported)).filter((each) => each !== undefined);
};

function readOne(value: unknown, field: Field, supported: readonly unknown[]): LocationSpec | undefined {
  const result = parseLocation(value);
  if (!result.ok) {
    const { path, offset = 0, found, expected, candidates, unknown } = result.problem;
    if (unknown !== undefined) return field.at(...path).unknown(unknown, candidates ?? [], offset);
    const word = /^"?([^"]*)"?$/.exec(found)?.[1] ?? found;
    return field.at(...path).wrong({ offset, found, expected, hint: candidates && didYouMean(word, candidates) });
  }
  const found = result.location;
  if (found.driver === 'jclouds' || !supported.includes(found.driver))
    return field.wrong({
      code: 'BERTH_NOT_SUPPORTED_YET',
      found: found.text,
      expected: `a location of ${oneOf(supported)}`,
    });
  return found;
}

/** The DockerCloud of an application: its name, or a list of one. Machine locations come later. */
export const cloud: Form<string> = (value, field) => {
  if (Array.isArray(value)) {
    const [only, second] = value;
    if (value.length === 0) return field.wrong({ found: 'an empty list', expected: 'the name of a DockerCloud' });
    return second === undefined
      ? cloud(only, field.at(0), {})
      : field.at(1).wrong({ code: 'BERTH_NOT_SUPPORTED_YET', found: 'a second location', expected: 'one' });
  }
  if (isMap(value) || (typeof value === 'string' && looksLikeLocation(value))) {
    const result = parseLocation(value);
    if (result.ok)
      return field.wrong({
        code: 'BERTH_NOT_SUPPORTED_YET',
        found: result.location.text,
        expected: 'the name of a DockerCloud',
      });
  }
  return typeof value === 'string' && isDnsLabel(value)
    ? value
    : field.wrong({ found: show(value), expected: `the name of a DockerCloud: ${DNS_LABEL}` });
};
