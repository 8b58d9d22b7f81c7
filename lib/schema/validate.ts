import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Schema } from './crds.ts';
import { type Field, isMap, oneOf, type Path, show } from './field.ts';

const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, validateFormats: false });
const compiled = new WeakMap<Schema, ValidateFunction>();

/**
 * Checks the structure of a value (types, bounds, required and unknown fields) and reports every mistake with what
 * was expected. Fields of several forms and quantities are left to `accept`.
 */
export function validate(schema: Schema, value: unknown, field: Field): void {
  let check = compiled.get(schema);
  if (!check) {
    check = ajv.compile(structure(schema));
    compiled.set(schema, check);
  }
  if (check(value)) return;
  for (const error of check.errors ?? []) report(error, field.at(...pathOf(error.instancePath, value)));
}

/** The part of a schema that says what shape a value has. */
function structure(schema: Schema): object {
  if (schema['x-berth-form']) return {};
  const { default: _default, example, description, format, properties, items, additionalProperties, ...rest } = schema;
  return {
    ...(format ? { type: rest.type } : rest),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, structure(each)])),
    }),
    ...(items && { items: structure(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object' ? structure(additionalProperties) : additionalProperties,
    }),
  };
}

const isSchema = (value: unknown): value is Schema => isMap(value);

function report(error: ErrorObject, field: Field): void {
  const schema = isSchema(error.parentSchema) ? error.parentSchema : {};
  const found = show(error.data);
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty);
      field.at(name).unknown(name, Object.keys(schema.properties ?? {}));
      return;
    }
    case 'required':
      field.at(String(error.params.missingProperty)).wrong({ message: 'is missing', expected: 'a value' });
      return;
    // Reported by what is wrong with the name.
    case 'propertyNames':
      return;
    default: {
      const expected = schema['x-berth-expected'] ?? expectation(error, schema);
      if (error.propertyName === undefined) field.wrong({ found, expected });
      else field.at(error.propertyName).wrong({ at: 'key', found: show(error.propertyName), expected });
    }
  }
}

function expectation({ keyword, params, message }: ErrorObject, schema: Schema): string {
  switch (keyword) {
    case 'type':
      return expectedType(schema);
    case 'enum':
      return oneOf(schema.enum ?? []);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${params.comparison} ${params.limit}`;
    case 'minLength':
      return 'a text that is not empty';
    case 'minItems':
      return `at least ${params.limit} of them`;
    case 'maxItems':
      return `at most ${params.limit} of them`;
    case 'pattern':
      return `a text that matches ${params.pattern}`;
    default:
      return message ?? keyword;
  }
}

const TYPES: Record<string, string> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

/** What a type is called in a message. */
export function expectedType({ type, enum: values }: Schema): string {
  if (values) return oneOf(values);
  return [type ?? 'object']
    .flat()
    .map((each) => TYPES[each] ?? each)
    .join(' or ');
}

/** A JSON pointer into `value`; what indexes a list is a number. */
function pathOf(pointer: string, value: unknown): Path {
  let here = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replace(/~1/g, '/').replace(/~0/g, '~');
      const step = Array.isArray(here) ? Number(key) : key;
      here = typeof here === 'object' && here !== null ? Reflect.get(here, step) : undefined;
      return step;
    });
}
