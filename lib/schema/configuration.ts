/** Configuration of an entity of a blueprint: beside `type`, or under `brooklyn.config`. */

import { accept, withoutEmpty } from './accept.ts';
import type { Schema } from './crds.ts';
import { type Field, isMap, type Path } from './field.ts';
import { forms } from './forms/index.ts';
import { validate } from './validate.ts';

/** Keys of an entity that are not configuration, and so cannot stand under `brooklyn.config`. */
const IDENTITY = ['type', 'id', 'name', 'location'];
const CONFIG = 'brooklyn.config';

/** Where a configuration key of an entity was written: beside `type`, or below `brooklyn.config`. */
export const configPath = (entity: unknown, key: string): Path =>
  isMap(entity) && isMap(entity[CONFIG]) && entity[CONFIG][key] !== undefined ? [CONFIG, key] : [key];

/** What stands in an entity's configuration, as it was written. */
export const configured = (entity: unknown, key: string): unknown =>
  configPath(entity, key).reduce<unknown>((value, step) => (isMap(value) ? value[step] : undefined), entity);

/** How the configuration under `brooklyn.config` is read, of an entity that is read so. */
const belowSchemas = new WeakMap<Schema, Schema>();

function belowSchema(schema: Schema): Schema {
  let below = belowSchemas.get(schema);
  if (!below) {
    const configuration = Object.entries(schema.properties ?? {}).filter(
      ([key]) => !IDENTITY.includes(key) && !key.startsWith('brooklyn.'),
    );
    below = { type: 'object', additionalProperties: false, properties: Object.fromEntries(configuration) };
    belowSchemas.set(schema, below);
  }
  return below;
}

/** The configuration beside `type` and that under `brooklyn.config`, as one. Reports what is wrong with either. */
export function readConfiguration(written: Record<string, unknown>, field: Field, schema: Schema): unknown {
  const { [CONFIG]: below, ...own } = written;
  const beside = withoutEmpty(schema, own);
  validate(schema, beside, field);
  const result = accept(schema, beside, field, forms);
  if (below === undefined || below === null || !isMap(result) || !isMap(beside)) return result;

  const at = field.at(CONFIG);
  const configSchema = belowSchema(schema);
  const config = withoutEmpty(configSchema, below);
  validate(configSchema, config, at);
  if (!isMap(config)) return result;
  for (const key of Object.keys(config))
    if (Object.hasOwn(beside, key))
      at.at(key).wrong({ at: 'key', found: `${key} a second time`, expected: 'it beside type or here' });
  const entries = Object.entries(configSchema.properties ?? {})
    .filter(([key]) => Object.hasOwn(config, key))
    .map(([key, each]) => [key, accept(each, config[key], at.at(key), forms)]);
  return { ...result, ...Object.fromEntries(entries) };
}

/** An id of an entity: a DNS label of at most so many characters. Reports another. */
export function checkId(id: unknown, most: number, field: Field): string | undefined {
  if (typeof id !== 'string') return undefined;
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(id) && id.length <= most
    ? id
    : field.at('id').wrong({
        found: JSON.stringify(id),
        expected: `a name of at most ${most} characters of a–z, 0–9 and -, that begins and ends with a letter or digit`,
      });
}
