import type { Entry, Kind } from '../../lib/store/index.ts';

/** What a field has to hold for this controller to read it. */
const HOLDS = {
  text: (value: unknown): boolean => typeof value === 'string',
  texts: (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  records: (value: unknown): boolean =>
    Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null),
};

const FIELDS: { [K in Kind]?: Record<string, keyof typeof HOLDS> } = {
  networks: { cidr: 'text', pools: 'texts' },
  hosts: { cloud: 'text', address: 'text' },
  containers: { cloud: 'text', networks: 'texts' },
  endpoints: { uid: 'text', interfaces: 'records' },
};

/** The kinds that are looked at. */
export const soundKinds: readonly Kind[] = ['networks', 'hosts', 'containers', 'endpoints'];

/**
 * Whether a record has the fields that every berth has written. One that somebody put by hand may lack any, or be no more
 * than `null`: it counts as absent then, and stops nobody.
 */
export function isSound(entry: Entry): boolean {
  const fields = FIELDS[entry.kind];
  if (!fields) return true;
  const value: unknown = entry.value;
  if (typeof value !== 'object' || value === null) return false;
  for (const name in fields) if (!HOLDS[fields[name]!](Reflect.get(value, name))) return false;
  return true;
}
