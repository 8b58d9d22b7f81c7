/**
 * Brooklyn's expression language, as far as docker: services need it: what stands behind `$brooklyn:` in a blueprint.
 *
 *     expression := ['$brooklyn:'] call { '.' call }
 *     call       := name '(' [ argument { ',' argument } ] ')'
 *     argument   := "text" | number | true | false | null | expression
 *
 * @example parse('$brooklyn:formatString("redis://%s:6379", component("db").attributeWhenReady("host.subnet.address"))')
 */

import { BerthError, type Code, type ErrorDetails } from '../errors/index.ts';

export type Expression = Literal | Call;

export interface Literal {
  is: 'literal';
  value: string | number | boolean | null;
  /** Where it begins in the text, from 1. */
  column: number;
}

export interface Call {
  is: 'call';
  function: FunctionName;
  /** What the call is made on: `component("db")` in `component("db").config("user")`. Absent: the entity that the expression stands in. */
  on?: Call;
  arguments: Expression[];
  column: number;
}

interface Signature {
  /** What it yields. */
  gives: 'entity' | 'value';
  /** Whether it may follow a dot. */
  follows: 'an entity' | 'nothing';
  /** How many arguments, and which of them must be quoted text: those that decide what to wait for are known before anything runs. */
  arguments: { min: number; max: number; text: number };
}

const functions = {
  component: { gives: 'entity', follows: 'nothing', arguments: { min: 1, max: 2, text: 2 } },
  entity: { gives: 'entity', follows: 'nothing', arguments: { min: 1, max: 1, text: 1 } },
  self: { gives: 'entity', follows: 'an entity', arguments: { min: 0, max: 0, text: 0 } },
  parent: { gives: 'entity', follows: 'an entity', arguments: { min: 0, max: 0, text: 0 } },
  attributeWhenReady: { gives: 'value', follows: 'an entity', arguments: { min: 1, max: 1, text: 1 } },
  config: { gives: 'value', follows: 'an entity', arguments: { min: 1, max: 1, text: 1 } },
  formatString: { gives: 'value', follows: 'nothing', arguments: { min: 1, max: Number.POSITIVE_INFINITY, text: 1 } },
  literal: { gives: 'value', follows: 'nothing', arguments: { min: 1, max: 1, text: 1 } },
} as const satisfies Record<string, Signature>;

export type FunctionName = keyof typeof functions;

/** What is wrong with an expression, and where in it. */
export class ExpressionError extends BerthError {
  /** From 1. */
  readonly column: number;
  /** Without place, found and expected. */
  readonly summary: string;

  constructor(code: Code, summary: string, details: Pick<ErrorDetails, 'found' | 'expected'> & { column: number }) {
    super(code, summary, { ...details, place: `column ${details.column} of the expression` });
    this.column = details.column;
    this.summary = summary;
  }
}

const PREFIX = '$brooklyn:';
/** Expressions within expressions, and calls in one chain, at most: whoever walks an expression goes as deep. */
const DEPTH = 64;
const isFunction = (name: string): name is FunctionName => Object.hasOwn(functions, name);

/** What a function yields: an entity, to be asked further, or a value. */
export const yields = (call: Call): 'entity' | 'value' => functions[call.function].gives;

/**
 * Parses one expression, with or without its `$brooklyn:`. At most 64 calls are chained, and as many nested.
 *
 * @throws ExpressionError: BERTH_INVALID with what was found and what was expected; BERTH_NOT_SUPPORTED_YET naming a
 *   function that berth does not know
 */
export function parse(text: string): Call {
  const reader = new Reader(text);
  const expression = reader.expression();
  reader.end();
  return expression;
}

/** Reads from left to right; each method leaves the position behind what it read. */
class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  expression(): Call {
    this.#space();
    if (++this.#depth > DEPTH) this.#fail(`at most ${DEPTH} expressions within each other`);
    if (this.#text.startsWith(PREFIX, this.#at)) this.#at += PREFIX.length;
    let call = this.#call(undefined);
    for (let calls = 2; this.#take('.'); calls++) {
      if (calls > DEPTH) this.#fail(`at most ${DEPTH} calls in a chain`);
      call = this.#call(call);
    }
    this.#depth--;
    return call;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail('the end, or “.” and another function');
  }

  #call(on: Call | undefined): Call {
    this.#space();
    const column = this.#at + 1;
    const name = this.#match(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (name === undefined) this.#fail('the name of a function, such as component');
    if (!isFunction(name)) {
      throw new ExpressionError('BERTH_NOT_SUPPORTED_YET', 'this function is not supported yet', {
        column,
        found: name,
        expected: `one of ${Object.keys(functions).join(', ')}`,
      });
    }
    if (!this.#take('(')) this.#fail(`“(” after ${name}`);
    const call: Call = { is: 'call', function: name, arguments: this.#arguments(), column };
    if (on) call.on = on;
    checkCall(call);
    return call;
  }

  #arguments(): Expression[] {
    const list: Expression[] = [];
    if (this.#take(')')) return list;
    do list.push(this.#argument());
    while (this.#take(','));
    if (!this.#take(')')) this.#fail('“,” or “)”');
    return list;
  }

  #argument(): Expression {
    this.#space();
    const column = this.#at + 1;
    if (this.#text[this.#at] === '"') return { is: 'literal', value: this.#quoted(), column };
    const number = this.#match(/-?[0-9]+(\.[0-9]+)?(?![A-Za-z0-9_.])/y);
    if (number !== undefined) return { is: 'literal', value: Number(number), column };
    const word = this.#match(/(true|false|null)(?![A-Za-z0-9_(])/y);
    if (word !== undefined) return { is: 'literal', value: word === 'null' ? null : word === 'true', column };
    if (!/[A-Za-z_$]/.test(this.#text[this.#at] ?? '')) this.#fail('quoted text, a number or a function');
    return this.expression();
  }

  /** Java's escapes, as Brooklyn reads them. */
  #quoted(): string {
    const start = this.#at++;
    let value = '';
    for (;;) {
      const plain = this.#match(/[^"\\]+/y);
      if (plain !== undefined) value += plain;
      if (this.#at >= this.#text.length) {
        throw invalid(start + 1, `text that is not closed: ${shorten(this.#text.slice(start))}`, 'a closing “"”');
      }
      if (this.#text[this.#at] === '"') {
        this.#at++;
        return value;
      }
      value += this.#escape();
    }
  }

  #escape(): string {
    const unicode = this.#match(/\\u[0-9A-Fa-f]{4}/y);
    if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode.slice(2), 16));
    const simple = escapes.get(this.#text[this.#at + 1] ?? '');
    if (simple === undefined) this.#fail('one of \\" \\\\ \\\' \\/ \\n \\r \\t \\b \\f \\u0000');
    this.#at += 2;
    return simple;
  }

  #space(): void {
    this.#match(/\s+/y);
  }

  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#at);
    throw invalid(this.#at + 1, rest === '' ? 'the end' : shorten(rest), expected);
  }
}

const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ["'", "'"],
  ['/', '/'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
]);

function checkCall(call: Call): void {
  const signature: Signature = functions[call.function];
  const { min, max, text } = signature.arguments;
  const count = call.arguments.length;
  if (count < min || count > max) {
    const wanted = min === max ? `${min}` : Number.isFinite(max) ? `${min} to ${max}` : `at least ${min}`;
    throw invalid(call.column, `${call.function} with ${count} arguments`, `${wanted}`);
  }
  for (const argument of call.arguments.slice(0, text)) {
    if (argument.is !== 'literal' || typeof argument.value !== 'string') {
      throw invalid(argument.column, `another argument of ${call.function}`, 'quoted text');
    }
  }
  if (call.on && signature.follows === 'nothing') {
    throw invalid(call.column, `${call.function} after a dot`, 'attributeWhenReady, config, parent or self there');
  }
  if (call.on && yields(call.on) === 'value') {
    throw invalid(call.column, `${call.function} asked of a value`, `an entity before it, such as component("id")`);
  }
  if (call.function === 'component' && count === 2 && textArgument(call, 0) !== 'global') {
    throw new ExpressionError('BERTH_NOT_SUPPORTED_YET', 'component with this scope is not supported yet', {
      column: call.arguments[0]!.column,
      found: `“${textArgument(call, 0)}”`,
      expected: 'component("id")',
    });
  }
  if (call.function === 'formatString') checkFormat(call);
}

/** An argument that `parse` has found to be quoted text. */
export function textArgument(call: Call, index: number): string {
  const argument = call.arguments.at(index);
  return argument?.is === 'literal' ? String(argument.value) : '';
}

/** The pieces of a format: plain text, and `undefined` for each value to put in. */
export function formatPieces(format: string): (string | undefined)[] {
  return format.split(/(%[sd]|%%)/).map((piece) => (/^%[sd]$/.test(piece) ? undefined : piece.replace('%%', '%')));
}

function checkFormat(call: Call): void {
  const format = textArgument(call, 0);
  const column = call.arguments[0]!.column;
  const unknown = /%(?![sd%])[^%]?/.exec(format.replaceAll('%%', '')) ?? undefined;
  if (unknown) throw invalid(column, `the conversion “${unknown[0]}”`, '%s, %d or %%');
  const slots = formatPieces(format).filter((piece) => piece === undefined).length;
  const values = call.arguments.length - 1;
  if (slots !== values) throw invalid(column, `${slots} conversions and ${values} values`, 'as many values as %s');
}

function invalid(column: number, found: string, expected: string): ExpressionError {
  return new ExpressionError('BERTH_INVALID', 'the expression is not understood', { column, found, expected });
}

const shorten = (text: string): string => (text.length > 24 ? `“${text.slice(0, 24)}…”` : `“${text}”`);
