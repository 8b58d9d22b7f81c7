import { Malformed, quote } from './problem.ts';

/** An argument of a location string, with the place of its value in the string. */
export interface Argument {
  value: string;
  /** Of the name. */
  offset: number;
  /** Of the value, inside its quotes. */
  valueOffset: number;
}

/**
 * Brooklyn's `(name="value",name=value)`. Values with commas or parentheses stand in double or single quotes.
 *
 * @param text    the location string
 * @param offset  of the opening parenthesis
 * @throws Malformed
 */
export function parseArguments(text: string, offset: number): Map<string, Argument> {
  const found = new Map<string, Argument>();
  const next = /\s*([A-Za-z][\w.]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,()"']*))\s*([,)])/y;
  const close = text.trimEnd().length - 1;
  next.lastIndex = offset + 1;
  for (;;) {
    const start = next.lastIndex;
    const match = next.exec(text);
    if (!match) throw new Malformed({ path: [], offset: start, ...mistake(text.slice(start)) });
    const [whole, name, double, single, bare, end] = match;
    const nameOffset = start + whole.indexOf(name!);
    if (found.has(name!))
      throw new Malformed({
        path: [],
        offset: nameOffset,
        found: `${name} a second time`,
        expected: 'each argument once',
      });
    const value = double ?? single ?? bare!.trimEnd();
    const equals = whole.indexOf('=') + 1;
    const lead = whole.slice(equals).length - whole.slice(equals).trimStart().length;
    found.set(name!, {
      value,
      offset: nameOffset,
      valueOffset: start + equals + lead + (bare === undefined ? 1 : 0),
    });
    if (end === ')') {
      const last = next.lastIndex - 1;
      if (last === close) return found;
      throw new Malformed({
        path: [],
        offset: last + 1,
        found: quote(text.slice(last + 1)),
        expected: 'nothing after the ")"',
      });
    }
  }
}

function mistake(rest: string): { found: string; expected: string } {
  const found = rest.trim() === '' ? 'the end' : quote(rest.trim());
  if (/^\s*[A-Za-z][\w.]*\s*=\s*"[^"]*$/.test(rest)) return { found, expected: 'a closing quote' };
  if (/^\s*[A-Za-z][\w.]*\s*=\s*('[^']*'|"[^"]*"|[^,()"']*)\s*$/.test(rest))
    return { found, expected: 'a closing ")"' };
  return { found, expected: 'an argument such as hosts="10.0.0.{1,2-9}"' };
}
