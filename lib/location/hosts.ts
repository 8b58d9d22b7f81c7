import { Malformed, quote, within } from './problem.ts';

/** Machines that one location may name. */
export const MAX_MACHINES = 65_536;

const EXPECTED = 'hosts such as 10.0.0.{1,2-9} or user@host:port, separated by commas';

/** One host pattern in a list, and where it stands in it. */
export interface Pattern {
  text: string;
  offset: number;
}

/** `10.0.0.{1,2-9}, admin@h` → the patterns between the commas that stand outside braces. */
export function splitHosts(list: string): Pattern[] {
  const patterns: Pattern[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= list.length; i++) {
    const char = list[i];
    if (char === '{') depth++;
    else if (char === '}') depth--;
    else if (i === list.length || (char === ',' && depth <= 0)) {
      const raw = list.slice(start, i);
      const text = raw.trim();
      const offset = start + (raw.length - raw.trimStart().length);
      if (text === '') throw new Malformed({ path: [], offset: start, found: 'nothing', expected: EXPECTED });
      patterns.push({ text, offset });
      start = i + 1;
    }
  }
  return patterns;
}

/**
 * Expands braces as the talk writes them: `10.0.0.{1,2-9}` is nine hosts. Braces hold items and ranges of numbers
 * (`01-10` keeps its zeros), several braces multiply, none nest.
 *
 * @throws Malformed with the offset, and when more than `limit` hosts come of it
 */
export function expandBraces(pattern: string, limit: number): string[] {
  if (limit < 1) throw tooMany(limit, 0);
  let texts = [''];
  for (let at = 0; at < pattern.length; ) {
    const open = pattern.indexOf('{', at);
    const literal = pattern.slice(at, open < 0 ? pattern.length : open);
    const stray = literal.indexOf('}');
    if (stray >= 0) throw new Malformed({ path: [], offset: at + stray, found: '"}"', expected: 'a "{" before it' });
    texts = texts.map((text) => text + literal);
    if (open < 0) break;
    const close = pattern.indexOf('}', open);
    if (close < 0) throw new Malformed({ path: [], offset: open, found: '"{"', expected: 'a "}" that closes it' });
    const items = within(open + 1, () => expandGroup(pattern.slice(open + 1, close), limit));
    if (texts.length * items.length > limit) throw tooMany(limit, open);
    texts = texts.flatMap((text) => items.map((item) => text + item));
    at = close + 1;
  }
  return texts;
}

function expandGroup(group: string, limit: number): string[] {
  const items: string[] = [];
  let offset = 0;
  for (const part of group.split(',')) {
    const item = part.trim();
    const range = /^(\d{1,9})-(\d{1,9})$/.exec(item);
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      if (from > to)
        throw new Malformed({ path: [], offset, found: quote(item), expected: 'a range from less to more' });
      if (items.length + to - from + 1 > limit) throw tooMany(limit, offset);
      const width = range[1]!.startsWith('0') ? range[1]!.length : 0;
      for (let n = from; n <= to; n++) items.push(String(n).padStart(width, '0'));
    } else if (/^[\w.-]+$/.test(item)) items.push(item);
    else
      throw new Malformed({
        path: [],
        offset,
        found: item === '' ? 'nothing' : quote(item),
        expected: 'an item or a range such as 2-9',
      });
    offset += part.length + 1;
  }
  return items;
}

const tooMany = (limit: number, offset: number) =>
  new Malformed({
    path: [],
    offset,
    found: 'more machines',
    expected: `at most ${limit} more (a location holds ${MAX_MACHINES})`,
  });
