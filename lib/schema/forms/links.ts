import type { LinkSpec } from '../../records/index.ts';
import { type Field, type Form, isMap, show } from '../field.ts';
import { value as readValue } from './values.ts';

const EXPECTED = 'the id of a service, or $brooklyn:component("id")';
const ALIAS = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** `{redis: $brooklyn:component("redis-service")}`, `{redis: redis-service}`, `[redis-service, "redis-service:redis"]`. */
export const links: Form<LinkSpec[]> = (value, field) => {
  const found = new Map<string, LinkSpec>();
  for (const { alias, target, field: at } of entries(value, field)) {
    const service = component(target, at);
    if (service === undefined) continue;
    const name = alias ?? service;
    if (!ALIAS.test(name)) at.wrong({ at: 'key', found: show(name), expected: 'an alias that is also a host name' });
    else if (found.has(name)) at.wrong({ found: `${name} a second time`, expected: 'each alias once' });
    else found.set(name, { alias: name, service });
  }
  return [...found.values()];
};

interface Entry {
  alias?: string;
  target: unknown;
  field: Field;
}

function entries(value: unknown, field: Field): Entry[] {
  if (isMap(value)) return Object.entries(value).map(([alias, target]) => ({ alias, target, field: field.at(alias) }));
  if (!Array.isArray(value)) {
    field.wrong({ found: show(value), expected: `a map of alias to service, or a list; ${EXPECTED}` });
    return [];
  }
  return value.flatMap((item: unknown, i): Entry[] => {
    const at = field.at(i);
    if (isMap(item) && !Object.keys(item).some((key) => key.startsWith('$brooklyn:'))) return entries(item, at);
    const pair = typeof item === 'string' ? /^([^:$\s]+):([^:\s]+)$/.exec(item) : null;
    return [pair ? { alias: pair[2]!, target: pair[1], field: at } : { target: item, field: at }];
  });
}

/** The id that a link names. */
function component(target: unknown, field: Field): string | undefined {
  const read = typeof target === 'string' || isMap(target) ? readValue(target, field, {}) : undefined;
  if (read === undefined) return isMap(target) ? undefined : field.wrong({ found: show(target), expected: EXPECTED });
  const text = typeof read === 'string' ? read : read.$brooklyn;
  const match = /^\$brooklyn:(?:component|entity)\(\s*(?:(['"])([^'"]+)\1|([\w.-]+))\s*\)$/.exec(text.trim());
  const id = match?.[2] ?? match?.[3] ?? (typeof read === 'string' ? text : undefined);
  return id && /^[^\s$()"']+$/.test(id) ? id : field.wrong({ found: show(text), expected: EXPECTED });
}
