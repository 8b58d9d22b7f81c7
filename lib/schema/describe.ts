import type { Schema } from './crds.ts';
import { oneOf } from './field.ts';
import { formats } from './formats.ts';

/** What a field holds, in kubectl's words: `string`, `[]Object`, `map[string]string`, `bytes`. */
export function typeName(schema: Schema): string {
  const { type, anyOf, items, additionalProperties, properties, format } = schema;
  if (format) return formats[format].type;
  if (anyOf) return [...new Set(anyOf.map(typeName))].join(' or ');
  if (properties) return 'Object';
  if (Array.isArray(type)) return type.join(' or ');
  if (type === 'array') return `[]${items ? bracket(typeName(items)) : 'any'}`;
  if (type === 'object')
    return typeof additionalProperties === 'object' ? `map[string]${bracket(typeName(additionalProperties))}` : 'map';
  return typeof type === 'string' ? type : 'any';
}

const bracket = (name: string): string => (name.includes(' or ') ? `(${name})` : name);

/** What there is to say about a field besides its description, as sentences. */
export function factsOf(schema: Schema): string[] {
  const { enum: values, minimum, maximum, exclusiveMinimum, exclusiveMaximum, default: normal, example } = schema;
  const bounds = [
    minimum === undefined ? '' : `at least ${minimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    exclusiveMaximum === undefined ? '' : `less than ${exclusiveMaximum}`,
  ].filter((text) => text !== '');
  const supported = schema['x-berth-supported'];
  return [
    values && `One of: ${values.join(', ')}.`,
    bounds.length > 0 && !schema.format ? `${bounds.join(', ')}.`.replace(/^a/, 'A') : undefined,
    normal !== undefined && !isEmptyMap(normal) ? `Default: ${print(normal)}` : undefined,
    example === undefined ? undefined : `Example: ${print(example)}`,
    supported === false ? 'Not supported yet: leave it at its default.' : undefined,
    supported ? `Supported so far: ${oneOf(supported)}.` : undefined,
  ].filter((fact) => typeof fact === 'string');
}

/** The fields below a field: of a map, or of the items of a list. */
export function fieldsOf(schema: Schema): { properties: Record<string, Schema>; required: readonly string[] } {
  const { properties, required = [] } = schema.properties ? schema : (schema.items ?? {});
  return { properties: properties ?? {}, required };
}

const isEmptyMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** A value in YAML's flow form, in one line. */
function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${print(item)}`)
      .join(', ')}}`;
  return value === '' ? '""' : String(value);
}
