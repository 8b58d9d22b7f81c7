import { stringify } from 'yaml';
import { API_VERSION } from '../../lib/schema/index.ts';
import type { Format } from './format.ts';
import { render } from './jsonpath.ts';

/** A thing that is printed whole. `name`: with its kind, `application/shop`. */
export interface Printed {
  name: string;
  object: object;
}

/** @param shape  `one`: by itself, as it was asked for by its name; `list`: within a List, however many there are */
export function printObjects(
  printed: readonly Printed[],
  { format, shape }: { format: Exclude<Format, { as: 'table' }>; shape: 'one' | 'list' },
): string {
  if (format.as === 'name') return printed.map(({ name }) => `${name}\n`).join('');
  const objects = printed.map(({ object }) => object);
  const [single] = objects;
  const whole = shape === 'one' && single ? single : { apiVersion: API_VERSION, kind: 'List', items: objects };
  if (format.as === 'json') return `${JSON.stringify(whole, undefined, 2)}\n`;
  if (format.as === 'yaml') return toYaml(whole);
  const text = render(format.template, JSON.parse(JSON.stringify(whole)));
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** A value as YAML. What is undefined is left out, and nothing is folded, so that lines can be searched for. */
export const toYaml = (value: unknown): string =>
  stringify(JSON.parse(JSON.stringify(value)), { lineWidth: 0, aliasDuplicateObjects: false });
