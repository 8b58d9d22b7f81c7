/**
 * JSON as Calico's programs read and write it, without loss: integers beyond 2^53 stay exact, the order of keys stays,
 * and what is written has the very bytes of Go's encoding/json.
 */

import { BerthError } from '../errors/index.ts';

export type JsonObject = Map<string, Json>;
/** An integer that a double cannot hold is a bigint. Objects are maps: keys such as "0" and "10" keep their places. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;

/** Deeper than anything of Calico's; a bound for what others may have put there. */
const DEEPEST = 200;

/**
 * @param text   one JSON value
 * @param place  for the message
 * @throws BERTH_SYNTAX with the offset
 */
export const parseJson = (text: string, place = 'JSON'): Json => new Parser(text, place).whole();

/** A text while it is read, from `#at` on. */
class Parser {
  readonly #text: string;
  readonly #place: string;
  #at = 0;

  constructor(text: string, place: string) {
    this.#text = text;
    this.#place = place;
  }

  whole(): Json {
    const result = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('the end');
    return result;
  }

  #fail(expected: string): never {
    const at = this.#at;
    const found = at < this.#text.length ? JSON.stringify(this.#text[at]) : 'the end';
    throw new BerthError('BERTH_SYNTAX', 'not JSON', { place: `${this.#place}:${at + 1}`, found, expected });
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #value(depth: number): Json {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return depth === DEEPEST ? this.#fail('less nesting') : this.#object(depth + 1);
      case '[':
        return depth === DEEPEST ? this.#fail('less nesting') : this.#list(depth + 1);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T extends Json>(literal: string, meaning: T): T {
    if (!this.#text.startsWith(literal, this.#at)) this.#fail('a value');
    this.#at += literal.length;
    return meaning;
  }

  #object(depth: number): JsonObject {
    const text = this.#text;
    const members: JsonObject = new Map();
    this.#at++;
    this.#skipSpace();
    if (text[this.#at] === '}') {
      this.#at++;
      return members;
    }
    for (;;) {
      this.#skipSpace();
      if (text[this.#at] !== '"') this.#fail('a key');
      const key = this.#string();
      this.#skipSpace();
      if (text[this.#at] !== ':') this.#fail('":"');
      this.#at++;
      members.set(key, this.#value(depth));
      this.#skipSpace();
      const separator = text[this.#at];
      if (separator !== ',' && separator !== '}') this.#fail('"," or "}"');
      this.#at++;
      if (separator === '}') return members;
    }
  }

  #list(depth: number): Json[] {
    const text = this.#text;
    const items: Json[] = [];
    this.#at++;
    this.#skipSpace();
    if (text[this.#at] === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth));
      this.#skipSpace();
      const separator = text[this.#at];
      if (separator !== ',' && separator !== ']') this.#fail('"," or "]"');
      this.#at++;
      if (separator === ']') return items;
    }
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      // Control characters, and the NaN past the end.
      if (!(code >= 0x20)) {
        this.#at = at;
        this.#fail('the rest of a string');
      }
      if (code === 0x5c) escaped = true;
      at += code === 0x5c ? 2 : 1;
    }
    if (!escaped) {
      this.#at = at + 1;
      return text.slice(start + 1, at);
    }
    try {
      // Only the escapes are left to look at.
      const read = String(JSON.parse(text.slice(start, at + 1)));
      this.#at = at + 1;
      return read;
    } catch {
      return this.#fail('a string with valid escapes');
    }
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const [literal, fraction] = NUMBER.exec(this.#text) ?? [];
    if (literal === undefined) return this.#fail('a value');
    this.#at += literal.length;
    const double = Number(literal);
    return fraction === '' && !Number.isSafeInteger(double) ? BigInt(literal) : double;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)((?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/** The bytes that Go's json.Marshal gives: no spaces, `<`, `>`, `&`, U+2028 and U+2029 escaped. */
export function writeJson(json: Json): string {
  if (json === null) return 'null';
  switch (typeof json) {
    case 'string':
      return writeString(json);
    case 'boolean':
    case 'bigint':
      return String(json);
    case 'number':
      return writeNumber(json);
  }
  let text = '';
  if (Array.isArray(json)) {
    for (const item of json) text += text === '' ? writeJson(item) : `,${writeJson(item)}`;
    return `[${text}]`;
  }
  for (const [key, value] of json) text += `${text === '' ? '' : ','}${writeString(key)}:${writeJson(value)}`;
  return `{${text}}`;
}

/** The exponents at which the two languages leave plain notation are the same; JSON has no infinities. */
export const writeNumber = (number: number): string => (Number.isFinite(number) ? String(number) : 'null');

/** As `writeJson` has it. */
export const writeString = (text: string): string => {
  if (PLAIN.test(text)) return `"${text}"`;
  // JSON.stringify escapes quotes, backslashes and control characters as Go ≥ 1.22 does. A lone surrogate is no UTF-8.
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};

/** Nothing to escape: nearly every string, and there are many. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/;
