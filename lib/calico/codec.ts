/** Codecs between JSON and what records are made of; `struct.ts` has that of records themselves. */

import { BerthError, isCode, messageOf } from '../errors/index.ts';
import { type Json, parseJson, writeJson, writeNumber, writeString } from './json.ts';

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
 * Reads one of Calico’s records from its bytes or its text.
 *
 * @throws BERTH_SYNTAX, BERTH_INVALID naming key and field
 */
export const decodeRecord = <T>(codec: Codec<T>, id: string, value: Buffer | string): T =>
  codec.decode(parseJson(value.toString(), `/calico/${id}`), `/calico/${id}`);

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

/** Something else than what is expected there. */
export const wrong = (json: Json, place: string, expected: string): BerthError =>
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
