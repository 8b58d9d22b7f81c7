import { parseBytes, parseCores } from '../quantity/index.ts';
import { inField, Malformed, quote, within } from './problem.ts';

/** One setting of a location: an argument of the string form, or a field of the map form. */
export interface Setting {
  value: unknown;
  path: readonly (string | number)[];
  /** Into the string at `path`; of the value. */
  offset: number;
  /** Into the string at `path`; of the name. */
  nameOffset: number;
}

/** The settings of a location, as its driver reads them: each one once, then none may be left. */
export class Settings {
  readonly #settings: Map<string, Setting>;
  readonly #known: readonly string[];

  /** @throws Malformed for a setting that the driver does not know */
  constructor(settings: Map<string, Setting>, known: readonly string[]) {
    this.#settings = settings;
    this.#known = known;
    for (const [name, { path, nameOffset }] of settings)
      if (!known.includes(name))
        throw new Malformed({
          path,
          offset: nameOffset,
          found: name,
          unknown: name,
          expected: known.length > 0 ? known.join(', ') : 'no settings',
          candidates: known,
        });
  }

  text(name: string): string | undefined {
    return this.#read(name, 'a text', (value) => (typeof value === 'string' && value !== '' ? value : undefined));
  }

  number(name: string, { min, max, expected }: { min: number; max: number; expected: string }): number | undefined {
    return this.#read(name, expected, (value) => {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && number >= min && number <= max ? number : undefined;
    });
  }

  integer(name: string, bounds: { min: number; max: number }): number | undefined {
    const expected = `a whole number from ${bounds.min} to ${bounds.max}`;
    const number = this.number(name, { ...bounds, expected });
    return this.#read(name, expected, () => (Number.isInteger(number) ? number : undefined));
  }

  bytes(name: string): number | undefined {
    return this.#read(name, 'bytes such as 64g or 512Mi', (value) => quantity(value, parseBytes));
  }

  cores(name: string): number | undefined {
    return this.#read(name, 'cores such as 2 or 500m', (value) => quantity(value, parseCores));
  }

  /** A string, or a list of strings; `parse` gets each with its place. */
  texts<T>(name: string, expected: string, parse: (text: string) => T): T[] | undefined {
    const setting = this.#settings.get(name);
    if (!setting) return undefined;
    const { value, path, offset } = setting;
    if (typeof value === 'string') return [under(path, () => within(offset, () => parse(value)))];
    if (!Array.isArray(value) || value.length === 0) throw new Malformed({ path, found: show(value), expected });
    return value.map((item: unknown, i) =>
      under([...path, i], () => {
        if (typeof item === 'string') return parse(item);
        throw new Malformed({ path: [], found: show(item), expected });
      }),
    );
  }

  /** `driver`, or `driver:(name=value,…)` in the driver's own order: one spelling for both forms. */
  print(driver: string): string {
    const given = this.#known.filter((name) => this.#settings.has(name));
    return given.length === 0
      ? driver
      : `${driver}:(${given.map((name) => `${name}=${print(this.#settings.get(name)!.value)}`).join(',')})`;
  }

  #read<T>(name: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    const setting = this.#settings.get(name);
    if (!setting) return undefined;
    const result = read(setting.value);
    if (result !== undefined) return result;
    throw new Malformed({ path: setting.path, offset: setting.offset, found: show(setting.value), expected });
  }
}

const quantity = (value: unknown, parse: (value: string | number) => number | undefined): number | undefined =>
  typeof value === 'string' || typeof value === 'number' ? parse(value) : undefined;

function under<T>(path: readonly (string | number)[], parse: () => T): T {
  const [key, ...rest] = path;
  return key === undefined ? parse() : inField(key, () => under(rest, parse));
}

function print(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = (Array.isArray(value) ? value.join(',') : String(value)).replace(/\s+/g, '');
  return `"${text}"`;
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'object' ? 'a map' : String(value);
}
