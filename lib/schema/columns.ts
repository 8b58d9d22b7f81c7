import type { PrinterColumn } from './crds.ts';
import { isMap } from './field.ts';

/**
 * What a column shows of a record: a text, or `undefined` where there is nothing to show.
 *
 * @param record  `{metadata, spec, status}`
 * @param age     how long ago a time was, as people read it; for columns of type `date`
 */
export function cell(
  { path, type }: Pick<PrinterColumn, 'path' | 'type'>,
  record: object,
  age: (time: string) => string,
): string | undefined {
  const value = follow(path, record);
  if (typeof value === 'string') return type === 'date' ? age(value) : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The JSONPath of printer columns: `.status.phase`, `.status.conditions[?(@.type=="Ready")].status`. */
function follow(path: string, record: object): unknown {
  const steps = path.matchAll(/\.(\w+)|\[\?\(@\.(\w+)=="([^"]*)"\)\]/g);
  let value: unknown = record;
  for (const [, name, key, wanted] of steps) {
    if (name !== undefined) value = isMap(value) ? value[name] : undefined;
    else value = Array.isArray(value) ? value.find((item) => isMap(item) && item[key!] === wanted) : undefined;
  }
  return value;
}
