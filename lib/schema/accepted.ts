import type { Schema } from './crds.ts';

/** What a form gives, as a type of lib/records. */
const FORM_TYPES: Record<string, string> = {
  cloud: 'string',
  command: 'Value[]',
  env: 'Record<string, Value>',
  labels: 'Record<string, string>',
  links: 'LinkSpec[]',
  location: 'LocationSpec[]',
  mappedPorts: 'MappedPort[]',
  names: 'string[]',
  ports: 'PortSpec[]',
  service: '(ServiceSpec | BlueprintNetwork)',
  strategies: 'StrategySpec[]',
  test: 'string[]',
  text: 'string',
  values: 'Value[]',
  volumes: 'VolumeSpec[]',
  words: 'string[]',
};

/** A JSON schema of accepted values. `tsType`: for the generator of types, what the type of a form is called. */
export type AcceptedSchema = Record<string, unknown>;

/**
 * The schema of what `accept` makes of a value: quantities are numbers, what has a default is always there, a field of
 * several forms has one. Types are generated from it, and it is what an accepted value is held against.
 */
export function acceptedSchema(schema: Schema): AcceptedSchema {
  const { description, type, enum: values, required = [], properties, additionalProperties, items } = schema;
  const form = schema['x-berth-form'];
  if (form) return { description, tsType: FORM_TYPES[form] };
  if (schema.format) return { description: `${description} As a number of ${UNITS[schema.format]}.`, type: 'number' };
  if (properties)
    return {
      description,
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, acceptedSchema(each)])),
      required: Object.keys(properties).filter(
        (key) => required.includes(key) || properties[key]!.default !== undefined,
      ),
    };
  if (type === 'object')
    return {
      description,
      type,
      additionalProperties:
        typeof additionalProperties === 'object'
          ? acceptedSchema(additionalProperties)
          : (additionalProperties ?? true),
    };
  if (type === 'array') return { description, type, ...(items && { items: acceptedSchema(items) }) };
  return { description, type, ...(values && { enum: values }) };
}

const UNITS: Record<NonNullable<Schema['format']>, string> = { bytes: 'bytes', cores: 'cores', duration: 'seconds' };
