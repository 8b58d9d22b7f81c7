import { Ajv, type ValidateFunction } from 'ajv';
import { BerthError } from '../errors/index.ts';
import { acceptedSchema } from './accepted.ts';
import type { Schema } from './crds.ts';

const ajv = new Ajv({ strict: false });

/**
 * Holds an accepted value against the schema that its type is generated from, so that the type is true.
 *
 * @returns a function that answers the value, typed
 * @throws BERTH_INTERNAL (that function) where `accept` made something else of a record without mistakes
 */
export function guard<T>(schema: () => Schema): (value: unknown) => T {
  let check: ValidateFunction<T> | undefined;
  return (value) => {
    check ??= ajv.compile<T>(acceptedSchema(schema()));
    if (check(value)) return value;
    throw new BerthError(
      'BERTH_INTERNAL',
      `an accepted record is not as its schema says: ${ajv.errorsText(check.errors)}`,
    );
  };
}
