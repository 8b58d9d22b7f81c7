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
export function parseJson(text: string, place = 'JSON'): Json {
  let at = 0;

  const fail = (expected: string): never => {
    const found = at < text.length ? JSON.stringify(text[at]) : 'the end';
    throw new BerthError('BERTH_SYNTAX', 'not JSON', { place: `${place}:${at + 1}`, found, expected });
  };

  const skipSpace = () => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      at++;
    }
  };

  function value(depth: number): Json {
    skipSpace();
    switch (text[at]) {
      case '{':
        return depth === DEEPEST ? fail('less nesting') : object(depth + 1);
      case '[':
        return depth === DEEPEST ? fail('less nesting') : list(depth + 1);
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return number();
    }
  }

  function word<T extends Json>(literal: string, meaning: T): T {
    if (!text.startsWith(literal, at)) fail('a value');
    at += literal.length;
    return meaning;
  }

  function object(depth: number): JsonObject {
    const members: JsonObject = new Map();
    at++;
    skipSpace();
    if (text[at] === '}') {
      at++;
      return members;
    }
    for (;;) {
      skipSpace();
      if (text[at] !== '"') fail('a key');
      const key = string();
      skipSpace();
      if (text[at] !== ':') fail('":"');
      at++;
      members.set(key, value(depth));
      skipSpace();
      const separator = text[at];
      if (separator !== ',' && separator !== '}') fail('"," or "}"');
      at++;
      if (separator === '}') return members;
    }
  }

  function list(depth: number): Json[] {
    const items: Json[] = [];
    at++;
    skipSpace();
    if (text[at] === ']') {
      at++;
      return items;
    }
    for (;;) {
      items.push(value(depth));
      skipSpace();
      const separator = text[at];
      if (separator !== ',' && separator !== ']') fail('"," or "]"');
      at++;
      if (separator === ']') return items;
    }
  }

  function string(): string {
    const start = at++;
    for (;;) {
      const code = text.charCodeAt(at);
      // Control characters, and the NaN past the end.
      if (!(code >= 0x20)) fail('the rest of a string');
      if (code === 0x22) break;
      at += code === 0x5c ? 2 : 1;
    }
    at++;
    const literal = text.slice(start, at);
    if (!literal.includes('\\')) return literal.slice(1, -1);
    try {
      // Only the escapes are left to look at.
      return String(JSON.parse(literal));
    } catch {
      at = start;
      return fail('a string with valid escapes');
    }
  }

  function number(): number | bigint {
    NUMBER.lastIndex = at;
    const [literal, fraction] = NUMBER.exec(text) ?? [];
    if (literal === undefined) return fail('a value');
    at += literal.length;
    const double = Number(literal);
    return fraction === '' && !Number.isSafeInteger(double) ? BigInt(literal) : double;
  }

  const result = value(0);
  skipSpace();
  if (at < text.length) fail('the end');
  return result;
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
