/** The part of a container record that a running container cannot change. */

import { createHash } from 'node:crypto';
import type { ContainerRecord } from '../records/index.ts';

/** JSON with sorted keys and without what is undefined: equal values have equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/** What acts on the container that is there, or only says whose it is. */
const outside: ReadonlySet<string> = new Set<keyof ContainerRecord>([
  'uid',
  'service',
  'run',
  'update',
  'strategies',
  'resolvedFrom',
  'spec',
]);

/**
 * A hash of what needs a new container when it changes.
 *
 * @returns 16 hexadecimal digits of a SHA-256; the same for the same content in any order of keys
 */
export function specHash(record: Omit<ContainerRecord, 'spec'>): string {
  const content = Object.entries(record).filter(([field]) => !outside.has(field));
  return createHash('sha256')
    .update(canonical(Object.fromEntries(content)))
    .digest('hex')
    .slice(0, 16);
}
