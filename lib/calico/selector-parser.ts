/**
 * Calico's selector language, as its own parser reads it: `||` binds weaker than `&&`, `!` strongest; strings have no
 * escapes.
 */

import { BerthError } from '../errors/index.ts';
import type { Comparison, Selector } from './selector.ts';

const LONGEST_LABEL = 512;
/** Deeper than any that a person writes; a bound for what stands in a store that others write to. */
const DEEPEST = 100;

/**
 * @param text   empty: selects everything
 * @param place  for the message
 * @throws BERTH_SYNTAX with the position, counted from 1
 */
export function parseSelector(text: string, place = 'selector'): Selector {
  let at = 0;

  const fail = (expected: string): never => {
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 20)) : 'the end';
    throw new BerthError('BERTH_SYNTAX', 'not a selector', { place: `${place}:${at + 1}`, found, expected });
  };

  /** Reads a token if it stands here, past any blanks. */
  const take = (pattern: RegExp): string | undefined => {
    BLANKS.lastIndex = at;
    BLANKS.exec(text);
    at = BLANKS.lastIndex;
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) at += found.length;
    return found;
  };

  const alternatives = (depth: number): Selector =>
    sequence('||', OR, () => sequence('&&', AND, () => operation(depth)));

  function sequence(op: '&&' | '||', separator: RegExp, operand: () => Selector): Selector {
    const operands = [operand()];
    while (take(separator) !== undefined) operands.push(operand());
    return operands.length === 1 ? operands[0]! : { op, operands };
  }

  function operation(depth: number): Selector {
    let negated = false;
    while (take(NOT) !== undefined) negated = !negated;
    const operand = positive(depth);
    return negated ? { op: '!', operand } : operand;
  }

  function positive(depth: number): Selector {
    if (take(OPEN) !== undefined) {
      if (depth === DEEPEST) fail('less nesting');
      const inner = alternatives(depth + 1);
      close();
      return inner;
    }
    if (take(HAS) !== undefined) {
      const label = identifier('a label');
      close();
      return { op: 'has', label };
    }
    for (const op of ['all', 'global'] as const) {
      if (take(op === 'all' ? ALL : GLOBAL) === undefined) continue;
      close();
      return { op };
    }
    return comparison(identifier('a label, has(…), all(), global(), "!" or "("'));
  }

  function comparison(label: string): Selector {
    for (const [op, pattern] of COMPARISONS) if (take(pattern) !== undefined) return { op, label, value: string() };
    if (take(NOT_IN) !== undefined) return { op: 'not in', label, values: set() };
    if (take(IN) !== undefined) return { op: 'in', label, values: set() };
    return fail('==, !=, in, not in, contains, starts with or ends with');
  }

  function set(): string[] {
    if (take(OPEN_SET) === undefined) fail('"{"');
    const values: string[] = [];
    // A comma behind the last one is allowed.
    while (take(CLOSE_SET) === undefined) {
      values.push(string());
      if (take(COMMA) !== undefined) continue;
      if (take(CLOSE_SET) === undefined) fail('"," or "}"');
      break;
    }
    return values;
  }

  function identifier(expected: string): string {
    const label = take(IDENTIFIER) ?? fail(expected);
    return label.length > LONGEST_LABEL ? fail(`a label of at most ${LONGEST_LABEL} characters`) : label;
  }

  const string = (): string => (take(STRING) ?? fail('a string in quotes')).slice(1, -1);

  const close = (): void => {
    if (take(CLOSE) === undefined) fail('")"');
  };

  if (take(END) !== undefined) return { op: 'all' };
  const selector = alternatives(0);
  if (take(END) === undefined) fail('&&, || or the end');
  return selector;
}

const BLANKS = /[ \t]*/y;
const END = /$/y;
const [OPEN, CLOSE, OPEN_SET, CLOSE_SET, COMMA] = [/\(/y, /\)/y, /\{/y, /\}/y, /,/y];
const [AND, OR, NOT] = [/&&/y, /\|\|/y, /!(?!=)/y];
const [HAS, ALL, GLOBAL] = [/has\(/y, /all\(/y, /global\(/y];
const IDENTIFIER = /[\w./-]+/y;
const STRING = /"[^"]*"|'[^']*'/y;
/** A word ends where no letter of a label follows; between two words blanks may be missing. */
const word = (pattern: string) => new RegExp(`${pattern}(?![\\w./-])`, 'y');
const [IN, NOT_IN] = [word('in'), word('not[ \\t]*in')];
const COMPARISONS: readonly (readonly [Comparison, RegExp])[] = [
  ['==', /==/y],
  ['!=', /!=/y],
  ['contains', word('contains')],
  ['starts with', word('starts[ \\t]*with')],
  ['ends with', word('ends[ \\t]*with')],
];
