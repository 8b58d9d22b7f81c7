import { isDeepStrictEqual } from 'node:util';
import type { Schema } from './crds.ts';
import { Field, type Form, isMap, oneOf, show } from './field.ts';
import { formats } from './formats.ts';

/** How fields of several forms are read, by name. */
export type Forms = Record<string, Form<unknown>>;

/** What a schema itself says: no document, so nothing in it is wrong. */
const trusted = () => new Field({ problems: [], written: () => undefined }, []);

/**
 * The accepted form of a value: defaults filled in, quantities as numbers, fields of several forms in one. Reports
 * what it cannot read, and fields that nothing acts on yet. What `validate` reports is passed over.
 */
export function accept(schema: Schema, value: unknown, field: Field, forms: Forms): unknown {
  if (value === undefined)
    return schema.default === undefined ? undefined : read(schema, schema.default, trusted(), forms);
  const accepted = read(schema, value, field, forms);
  const supported = schema['x-berth-supported'];
  if (supported !== undefined && accepted !== undefined && !schema['x-berth-form'])
    checkSupported(schema, supported, accepted, field, forms);
  return accepted;
}

function read(schema: Schema, value: unknown, field: Field, forms: Forms): unknown {
  const name = schema['x-berth-form'];
  if (name) {
    const form = forms[name];
    if (!form) throw new Error(`a schema names the form ${name}, which does not exist`);
    return form(value, field, schema);
  }
  if (schema.format) return quantity(schema, value, field);
  if (isMap(value) && (schema.type === 'object' || schema.properties)) return readMap(schema, value, field, forms);
  const { items } = schema;
  if (Array.isArray(value) && items) return value.map((item, i) => accept(items, item, field.at(i), forms));
  return value;
}

function readMap(schema: Schema, value: Record<string, unknown>, field: Field, forms: Forms) {
  const entries: [string, unknown][] = [];
  for (const [key, each] of Object.entries(schema.properties ?? {})) {
    const accepted = accept(each, value[key], field.at(key), forms);
    if (accepted !== undefined) entries.push([key, accepted]);
  }
  const { additionalProperties: others } = schema;
  if (others)
    for (const [key, item] of Object.entries(value))
      if (!Object.hasOwn(schema.properties ?? {}, key))
        entries.push([key, others === true ? item : accept(others, item, field.at(key), forms)]);
  return Object.fromEntries(entries);
}

function quantity(schema: Schema, value: unknown, field: Field): number | undefined {
  // Anything else is of the wrong type, and reported as that.
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const { parse, print, expected } = formats[schema.format!];
  const number = parse(value);
  if (number === undefined) return field.wrong({ found: show(value), expected });
  const { minimum, maximum } = schema;
  if (minimum !== undefined && number < minimum)
    return field.wrong({ found: show(value), expected: `at least ${print(minimum)}` });
  if (maximum !== undefined && number > maximum)
    return field.wrong({ found: show(value), expected: `at most ${print(maximum)}` });
  return number;
}

function checkSupported(
  schema: Schema,
  supported: false | readonly unknown[],
  accepted: unknown,
  field: Field,
  forms: Forms,
): void {
  const values = supported || [defaultOf(schema, forms)];
  if (values.some((each) => isDeepStrictEqual(each, accepted))) return;
  // A value that is not even planned is a mistake, and reported as that.
  if (schema.enum && !schema.enum.includes(accepted)) return;
  field.wrong({
    code: 'BERTH_NOT_SUPPORTED_YET',
    found: show(accepted),
    expected: supported
      ? oneOf(supported)
      : isMap(accepted)
        ? 'nothing here'
        : `the default, ${JSON.stringify(values[0])}`,
  });
}

/** What a field is when nothing is said: its default; for a map, what all of its fields default to. */
function defaultOf(schema: Schema, forms: Forms): unknown {
  if (schema.default !== undefined) return read(schema, schema.default, trusted(), forms);
  if (schema.type === 'object') return read(schema, {}, trusted(), forms);
  return schema.type === 'array' ? [] : undefined;
}

/**
 * A value without the fields that were written with nothing after the colon, which count as left out; only those
 * that the schema knows, so that a mistyped one is still found.
 */
export function withoutEmpty(schema: Schema, value: unknown): unknown {
  if (schema['x-berth-form']) return value;
  if (Array.isArray(value) && schema.items) return value.map((item) => withoutEmpty(schema.items!, item));
  if (!isMap(value) || !schema.properties) return value;
  const { properties } = schema;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => item !== null || !Object.hasOwn(properties, key))
      .map(([key, item]) => [key, Object.hasOwn(properties, key) ? withoutEmpty(properties[key]!, item) : item]),
  );
}
