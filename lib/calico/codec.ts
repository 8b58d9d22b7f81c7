/**
 * Codecs between JSON and records. A record's fields are listed once, in the order of Calico's Go struct and under
 * Calico's names. What a record held beyond these fields is carried along and written back in its place, so that the
 * fields of a newer Calico survive a change of ours.
 */

import { BerthError, isCode, messageOf } from '../errors/index.ts';
import { type Json, type JsonObject, parseJson, writeJson, writeNumber, writeString } from './json.ts';

export interface Codec<T> {
  /** @throws BERTH_INVALID naming the field */
  decode(json: Json, place: string): T;
  /** The JSON of it, in the very bytes that Go's encoding/json gives. */
  write(value: T): string;
}

/** A field that may be absent: Go's `omitempty`. */
export interface OptionalCodec<T> extends Codec<T> {
  readonly optional: true;
}

/**
 * Reads one of Calico's records from its bytes.
 *
 * @throws BERTH_SYNTAX, BERTH_INVALID naming key and field
 */
export const decodeRecord = <T>(codec: Codec<T>, id: string, value: Buffer): T =>
  codec.decode(parseJson(value.toString('utf8'), `/calico/${id}`), `/calico/${id}`);

/**
 * As `decodeRecord`, for what others may have written anything into.
 *
 * @param report  is told why a record does not parse, naming key and field
 * @returns undefined where there is none, and where it does not parse: Calico's own programs leave it out without a word
 */
export function tryDecode<T>(
  codec: Codec<T>,
  id: string,
  value: Buffer | undefined,
  report?: (problem: string) => void,
): T | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeRecord(codec, id, value);
  } catch (error) {
    if (!isCode(error, 'BERTH_SYNTAX', 'BERTH_INVALID')) throw error;
    report?.(messageOf(error));
    return undefined;
  }
}

const wrong = (json: Json, place: string, expected: string): BerthError =>
  new BerthError('BERTH_INVALID', 'not what Calico stores there', { place, found: typeName(json), expected });

const typeName = (json: Json): string => {
  if (json === null) return 'null';
  if (Array.isArray(json)) return 'a list';
  if (json instanceof Map) return 'an object';
  return typeof json === 'string' ? JSON.stringify(json.slice(0, 60)) : String(json);
};

export const text: Codec<string> = {
  decode(json, place) {
    if (typeof json !== 'string') throw wrong(json, place, 'a string');
    return json;
  },
  write: writeString,
};

/** A string that holds to a format. */
export const textLike = (matches: (value: string) => boolean, expected: string): Codec<string> => ({
  decode(json, place) {
    if (typeof json !== 'string' || !matches(json)) throw wrong(json, place, expected);
    return json;
  },
  write: writeString,
});

/** A string that another parser reads: that one's error tells what is wrong. */
export const textReadBy = (read: (value: string, place: string) => unknown): Codec<string> => ({
  decode(json, place) {
    const value = text.decode(json, place);
    read(value, place);
    return value;
  },
  write: writeString,
});

/** One of a few words. */
export const word = <W extends string>(...words: readonly W[]): Codec<W> => ({
  decode(json, place) {
    const found = words.find((each) => each === json);
    if (found === undefined) throw wrong(json, place, words.join(', '));
    return found;
  },
  write: writeString,
});

export const flag: Codec<boolean> = {
  decode(json, place) {
    if (typeof json !== 'boolean') throw wrong(json, place, 'true or false');
    return json;
  },
  write: String,
};

export const integer: Codec<number> = {
  decode(json, place) {
    if (typeof json !== 'number' || !Number.isSafeInteger(json)) throw wrong(json, place, 'an integer');
    return json;
  },
  write: writeNumber,
};

/** An integer from first to last, both included. */
export const integerIn = (first: number, last: number): Codec<number> => ({
  decode(json, place) {
    const value = integer.decode(json, place);
    if (value < first || value > last) throw wrong(json, place, `${first} to ${last}`);
    return value;
  },
  write: writeNumber,
});

/** Go's float64. */
export const number: Codec<number> = {
  decode(json, place) {
    if (typeof json !== 'number') throw wrong(json, place, 'a number');
    return json;
  },
  write: writeNumber,
};

/** A number or a string, as Go's types IntOrString and the like are written. */
export const numberOrText = (
  matches: (value: number | string) => boolean,
  expected: string,
): Codec<number | string> => ({
  decode(json, place) {
    if ((typeof json !== 'number' && typeof json !== 'string') || !matches(json)) throw wrong(json, place, expected);
    return json;
  },
  write: writeJson,
});

/** Go's uint64. */
export const unsigned: Codec<bigint> = {
  decode(json, place) {
    const value = typeof json === 'number' && Number.isSafeInteger(json) ? BigInt(json) : json;
    if (typeof value !== 'bigint' || value < 0n || value >= 1n << 64n) throw wrong(json, place, 'an unsigned integer');
    return value;
  },
  write: String,
};

/** Anything, carried along. */
export const opaque: Codec<Json> = { decode: (json) => json, write: writeJson };

export const nullable = <T>(codec: Codec<T>): Codec<T | null> => ({
  decode: (json, place) => (json === null ? null : codec.decode(json, place)),
  write: (value) => (value === null ? 'null' : codec.write(value)),
});

export const optional = <T>(codec: Codec<T>): OptionalCodec<T> => ({ ...codec, optional: true });

export const list = <T>(codec: Codec<T>): Codec<T[]> => ({
  decode(json, place) {
    if (!Array.isArray(json)) throw wrong(json, place, 'a list');
    return json.map((item, i) => codec.decode(item, `${place}[${i}]`));
  },
  write(value) {
    let text = '';
    for (const item of value) text += text === '' ? codec.write(item) : `,${codec.write(item)}`;
    return `[${text}]`;
  },
});

/** For values that are never changed in place: what one is written as is remembered. */
export function remembered<T extends object>(codec: Codec<T>): Codec<T> {
  const known = new WeakMap<T, string>();
  return {
    decode: (json, place) => codec.decode(json, place),
    write(value) {
      let text = known.get(value);
      if (text === undefined) {
        text = codec.write(value);
        known.set(value, text);
      }
      return text;
    },
  };
}

/** Go's map of strings, which is written sorted. */
export const dictionary = <T>(codec: Codec<T>): Codec<ReadonlyMap<string, T>> => ({
  decode(json, place) {
    if (!(json instanceof Map)) throw wrong(json, place, 'an object');
    return new Map([...json].map(([key, value]) => [key, codec.decode(value, `${place}.${key}`)]));
  },
  write(value) {
    let text = '';
    for (const key of value.size === 1 ? value.keys() : [...value.keys()].sort()) {
      const item = value.get(key);
      if (item === undefined) continue;
      text += `${text === '' ? '' : ','}${writeString(key)}:${codec.write(item)}`;
    }
    return `{${text}}`;
  },
});

/**
 * Under it a record keeps the keys that it was read with, unknown ones with their values, where these are not just some of
 * its fields in their order. A spread copies it.
 */
const origin: unique symbol = Symbol('origin');
type Origin = ReadonlyMap<string, Json | undefined>;

/** One codec for each field of T, in Go's order; `optional` where T says so. */
export type Fields<T> = {
  [K in keyof T & string]-?: Record<never, never> extends Pick<T, K>
    ? OptionalCodec<Exclude<T[K], undefined>>
    : Codec<T[K]>;
};

export function struct<T extends object>(fields: Fields<T>): Codec<T> {
  const codecs = new Map<string, Codec<unknown> | OptionalCodec<unknown>>(Object.entries(fields));
  const labelled = [...codecs].map(([name, codec]) => ({ name, codec, label: `${writeString(name)}:` }));
  return {
    decode(json, place) {
      if (!(json instanceof Map)) throw wrong(json, place, 'an object');
      const record: Record<string | symbol, unknown> = {};
      for (const [name, codec] of codecs) {
        const value = json.get(name);
        if ('optional' in codec && (value === undefined || value === null)) continue;
        if (value === undefined) throw wrong('', `${place}.${name}`, 'the field to be there');
        record[name] = codec.decode(value, `${place}.${name}`);
      }
      if (!isPlain(json, codecs)) {
        record[origin] = new Map(
          [...json].map(([key, value]) => [key, codecs.has(key) && value !== null ? undefined : value]),
        ) satisfies Origin;
      }
      // Every field of T has been set by its codec, or is optional: `Fields<T>` lists them all.
      return record as T;
    },
    write(value) {
      if (origin in value && value[origin] instanceof Map) return writeLike(value[origin], value, codecs);
      let text = '';
      for (const { name, codec, label } of labelled) {
        const item: unknown = Reflect.get(value, name);
        if (item !== undefined) text += `${text === '' ? '' : ','}${label}${codec.write(item)}`;
      }
      return `{${text}}`;
    },
  };
}

/** A record with all that it was read with, in its order. */
function writeLike(read: Origin, value: object, codecs: ReadonlyMap<string, Codec<unknown>>): string {
  const members: string[] = [];
  for (const key of order([...read.keys()], [...codecs.keys()])) {
    const codec = codecs.get(key);
    const item: unknown = codec && Reflect.get(value, key);
    const kept = read.get(key);
    if (codec && item !== undefined) members.push(`${writeString(key)}:${codec.write(item)}`);
    else if (kept !== undefined) members.push(`${writeString(key)}:${writeJson(kept)}`);
  }
  return `{${members.join()}}`;
}

/** Whether nothing of an object is lost that is written field by field: each key is a field, in their order, and has a value. */
function isPlain(json: JsonObject, fields: ReadonlyMap<string, unknown>): boolean {
  const order = fields.keys();
  for (const [key, value] of json) {
    if (value === null) return false;
    let field = order.next();
    while (!field.done && field.value !== key) field = order.next();
    if (field.done) return false;
  }
  return true;
}

/** The keys as they were read, and each that is new behind the one that Go would write before it. */
function order(read: string[], fields: string[]): string[] {
  const keys = [...read];
  let behind = 0;
  for (const field of fields) {
    const place = keys.indexOf(field);
    if (place === -1) keys.splice(behind++, 0, field);
    else behind = place + 1;
  }
  return keys;
}
