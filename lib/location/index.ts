/**
 * The grammar of locations: where machines come from, as a string of the talk or as a map.
 *
 *     byon:(hosts="10.0.0.{1,2-9},admin@10.0.1.4:2222")      {driver: byon, hosts: [10.0.0.1, admin@10.0.1.4:2222]}
 *     localhost    sandbox    hollow                         {driver: hollow, cpus: 16, memory: 64g, zones: 10}
 *     jclouds:aws-ec2:eu-central-1                           {'jclouds:aws-ec2': {region: eu-central-1}}
 */

import { type Argument, parseArguments } from './arguments.ts';
import { drivers, type ParsedLocation, parseProvider } from './drivers.ts';
import { inField, type LocationProblem, Malformed, quote, within } from './problem.ts';
import { type Setting, Settings, show } from './settings.ts';

export type { CloudLocation, ParsedLocation } from './drivers.ts';
export { MAX_MACHINES } from './hosts.ts';
export { type MachineAddress, machineKey, parseMachine } from './machine.ts';
export type { LocationProblem } from './problem.ts';

export type LocationResult = { ok: true; location: ParsedLocation } | { ok: false; problem: LocationProblem };

const NAMES = [...Object.keys(drivers), 'jclouds'];
const EXPECTED = 'byon:(hosts="…"), localhost, sandbox, hollow, jclouds:<provider>, or a map with a driver';

/** One location. Pure; never throws; at most 65,536 machines come of it. */
export function parseLocation(value: unknown): LocationResult {
  try {
    return { ok: true, location: typeof value === 'string' ? fromString(value) : fromMap(value) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** Whether a string is meant as a machine location rather than as the name of a DockerCloud. */
export const looksLikeLocation = (text: string): boolean => text.includes(':') || text.includes('(');

function fromString(text: string): ParsedLocation {
  const start = text.length - text.trimStart().length;
  const body = text.trim();
  const colon = body.indexOf(':');
  const name = (colon < 0 ? body : body.slice(0, colon)).trim();
  const rest = colon < 0 ? '' : body.slice(colon + 1);
  if (name === 'jclouds') return within(start + colon + 1, () => parseProvider(rest));
  if (!isDriver(name)) throw unknown(name, start);
  if (colon < 0) return read(name, new Map());
  const open = start + colon + 1 + (rest.length - rest.trimStart().length);
  if (text[open] !== '(')
    throw new Malformed({ path: [], offset: open, found: quote(rest), expected: `${name}:(name=value,…)` });
  return read(name, new Map([...parseArguments(text, open)].map(([key, argument]) => [key, fromArgument(argument)])));
}

const fromArgument = ({ value, offset, valueOffset }: Argument): Setting => ({
  value,
  path: [],
  offset: valueOffset,
  nameOffset: offset,
});

function fromMap(value: unknown): ParsedLocation {
  if (!isMap(value)) throw new Malformed({ path: [], found: show(value), expected: EXPECTED });
  const [only, ...others] = Object.entries(value);
  // Brooklyn's form: the location string as the one key, its settings below.
  if (only && others.length === 0 && only[0] !== 'driver') return inField(only[0], () => fromEntry(only[0], only[1]));

  const { driver } = value;
  if (driver === undefined) throw new Malformed({ path: [], found: 'a map without driver', expected: EXPECTED });
  if (typeof driver !== 'string' || !isDriver(driver))
    throw inDriver(typeof driver === 'string' ? unknown(driver, 0).problem : { ...nothing, found: show(driver) });
  return read(driver, settingsOf(value, []));
}

function fromEntry(key: string, value: unknown): ParsedLocation {
  const below = value === null ? {} : value;
  if (!isMap(below)) throw new Malformed({ path: [], found: show(value), expected: 'a map of settings' });
  if (key.startsWith('jclouds:')) {
    const region = below.region;
    return parseProvider(key.slice('jclouds:'.length), typeof region === 'string' ? region : undefined);
  }
  if (!isDriver(key)) throw unknown(key, 0);
  return read(key, settingsOf(below, []));
}

const read = (driver: keyof typeof drivers, settings: Map<string, Setting>): ParsedLocation =>
  drivers[driver].read(new Settings(settings, drivers[driver].settings));

const settingsOf = (map: Record<string, unknown>, path: readonly string[]): Map<string, Setting> =>
  new Map(
    Object.entries(map)
      .filter(([name]) => name !== 'driver')
      .map(([name, value]) => [name, { value, path: [...path, name], offset: 0, nameOffset: 0 }]),
  );

const nothing: LocationProblem = { path: [], found: 'nothing', expected: EXPECTED };
const unknown = (name: string, offset: number) =>
  new Malformed({
    path: [],
    offset,
    found: name === '' ? 'nothing' : quote(name),
    expected: EXPECTED,
    candidates: NAMES,
  });
const inDriver = (problem: LocationProblem) => new Malformed({ ...problem, path: ['driver'] });

const isDriver = (name: string): name is keyof typeof drivers => Object.hasOwn(drivers, name);
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
