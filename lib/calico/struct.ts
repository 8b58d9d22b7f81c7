/**
 * The codec of a record. Its fields are listed once, in the order of Calico's Go struct and under Calico's names. What a
 * record held beyond these fields is carried along and written back in its place, so that the fields of a newer Calico
 * survive a change of ours.
 */

import { type Codec, type OptionalCodec, wrong } from './codec.ts';
import { type Json, type JsonObject, writeJson, writeString } from './json.ts';

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
