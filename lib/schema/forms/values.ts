import type { Value } from '../../records/index.ts';
import { type Field, type Form, isMap, show } from '../field.ts';
import { splitWords } from './words.ts';

const PREFIX = '$brooklyn:';

/** A scalar as it was written; nothing else. */
export const text: Form<string> = (value, field) =>
  field.text(value) ?? field.wrong({ found: show(value), expected: 'a text' });

/**
 * A scalar, or an expression: a text that begins with `$brooklyn:`, or the map form `{$brooklyn:component: id}`, whose
 * one argument is a scalar or a list of them.
 */
export const value: Form<Value> = (item, field) => {
  if (isMap(item)) {
    const expression = fromMap(item, field);
    return expression === undefined
      ? field.wrong({
          found: 'a map',
          expected: 'a text, a number, true, false, or an expression such as $brooklyn:config("key")',
        })
      : { $brooklyn: expression };
  }
  const scalar = field.text(item);
  if (scalar === undefined)
    return field.wrong({
      found: show(item),
      expected: 'a text, a number, true, false, or an expression such as $brooklyn:config("key")',
    });
  return scalar.startsWith(PREFIX) ? { $brooklyn: scalar } : scalar;
};

function fromMap(map: Record<string, unknown>, field: Field): string | undefined {
  const [entry, ...others] = Object.entries(map);
  if (!entry || others.length > 0 || !/^\$brooklyn:\w+$/.test(entry[0])) return undefined;
  const [name, argument] = entry;
  const items = (Array.isArray(argument) ? argument : [argument]).map((item: unknown, i) =>
    field.at(...(Array.isArray(argument) ? [name, i] : [name])).text(item),
  );
  return items.some((item) => item === undefined)
    ? undefined
    : `${name}(${items.map((item) => (item!.startsWith(PREFIX) ? item!.slice(PREFIX.length) : JSON.stringify(item))).join(', ')})`;
}

/** A map, or a list of `NAME=value` and of maps. Values are not shown in messages: they may be secret. */
export const env: Form<Record<string, Value>> = (item, field) => {
  const entries = named(item, field, 'a map, or a list of NAME=value');
  const found = new Map<string, Value>();
  for (const { name, value: content, field: at } of entries) {
    if (!/^[^=\s\0]+$/.test(name))
      at.wrong({ at: 'key', found: show(name), expected: 'the name of a variable, without = and spaces' });
    if (found.has(name)) at.wrong({ found: `${name} a second time`, expected: 'each variable once' });
    const read = value(content, at, {});
    if (read !== undefined) found.set(name, read);
  }
  return Object.fromEntries(found);
};

/** A map, or a list of `name=value`. */
export const labels: Form<Record<string, string>> = (item, field) => {
  const found = new Map<string, string>();
  for (const { name, value: content, field: at } of named(item, field, 'a map, or a list of name=value')) {
    if (name === '' || name.startsWith('io.berth.'))
      at.wrong({ at: 'key', found: show(name), expected: 'the name of a label that does not begin with io.berth.' });
    if (found.has(name)) at.wrong({ found: `${name} a second time`, expected: 'each label once' });
    const read = text(content, at, {});
    if (read !== undefined) found.set(name, read);
  }
  return Object.fromEntries(found);
};

interface Named {
  name: string;
  value: unknown;
  field: Field;
}

function named(item: unknown, field: Field, expected: string): Named[] {
  if (isMap(item))
    return Object.entries(item).map(([name, content]) => ({ name, value: content, field: field.at(name) }));
  if (!Array.isArray(item)) {
    field.wrong({ found: show(item), expected });
    return [];
  }
  return item.flatMap((each: unknown, i): Named[] => {
    const at = field.at(i);
    if (isMap(each)) return named(each, at, expected);
    const equals = typeof each === 'string' ? each.indexOf('=') : -1;
    if (typeof each !== 'string' || equals < 0) {
      at.wrong({ found: typeof each === 'string' ? 'a text without =' : show(each), expected });
      return [];
    }
    return [{ name: each.slice(0, equals), value: each.slice(equals + 1), field: at }];
  });
}

/** Scalars and expressions: a list of them, or one alone. */
export const values: Form<Value[]> = (item, field, { maxItems = Number.POSITIVE_INFINITY }) => {
  if (!Array.isArray(item)) {
    const one = value(item, field, {});
    return one === undefined ? undefined : [one];
  }
  if (item.length > maxItems)
    return field.wrong({ found: `${item.length} of them`, expected: `at most ${maxItems} of them` });
  return item.map((each: unknown, i) => value(each, field.at(i), {})).filter((each) => each !== undefined);
};

const COMMAND = 'a list of texts, or a text';

/** A list of scalars and expressions; a string is split as a shell would; an expression alone is one word. */
export const command: Form<Value[]> = (item, field) => {
  if (Array.isArray(item))
    return item.map((each: unknown, i) => value(each, field.at(i), {})).filter((each) => each !== undefined);
  if (typeof item !== 'string') return field.wrong({ found: show(item), expected: COMMAND });
  return item.startsWith(PREFIX) ? [{ $brooklyn: item }] : split(item, field);
};

/** A list of scalars, or a string that is split as a shell would. */
export const words: Form<string[]> = (item, field) => {
  if (Array.isArray(item))
    return item.map((each: unknown, i) => text(each, field.at(i), {})).filter((each) => each !== undefined);
  return typeof item === 'string' ? split(item, field) : field.wrong({ found: show(item), expected: COMMAND });
};

function split(item: string, field: Field): string[] | undefined {
  const result = splitWords(item);
  return 'words' in result
    ? result.words
    : field.wrong({ offset: result.offset, found: 'a quote that is not closed', expected: 'a closing quote' });
}

/** A health check's test in Docker's form: `[CMD-SHELL, text]`, `[CMD, …words]` or `[NONE]`. */
export const test: Form<string[]> = (item, field) => {
  if (typeof item === 'string' && item.trim() !== '') return ['CMD-SHELL', item];
  if (!Array.isArray(item) || item.length === 0)
    return field.wrong({ found: show(item), expected: 'a command: a text, or a list of texts' });
  const list = words(item, field, {});
  return list && ['CMD', 'CMD-SHELL', 'NONE'].includes(list[0] ?? '') ? list : list && ['CMD', ...list];
};
