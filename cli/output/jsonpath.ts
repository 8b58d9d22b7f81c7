import { BerthError } from '../../lib/errors/index.ts';

/**
 * The part of kubectl's JSONPath that people use: text around `{…}`; in it a path of `.name`, `['name']`, `[0]`, `[-1]`,
 * `[*]`, `.*`, `[?(@.type=="Ready")]`, `..name`, or `range <path>` … `end`, or a quoted text such as `"\n"`.
 * A dot within a name is written `\.`.
 *
 * @see https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
export type Template = readonly Part[];

type Part = { text: string } | { path: readonly Step[] } | { range: readonly Step[]; body: Template };

type Step =
  | { name: string }
  | { index: number }
  | { all: true }
  | { below: string }
  | { where: readonly Step[]; op: '==' | '!=' | 'exists'; value?: string | number | boolean };

/** @throws BERTH_USAGE, with the place in the text */
export function parseTemplate(text: string): Template {
  const cursor = { text, at: 0 };
  const parts = parseParts(cursor, { within: false });
  return parts;
}

/** A single path, with or without its braces: for `wait --for=jsonpath=…`. @throws BERTH_USAGE */
export function parsePath(text: string): readonly Step[] {
  const inner = /^\{(.*)\}$/s.exec(text)?.[1] ?? text;
  return steps(inner.startsWith('.') || inner.startsWith('[') || inner.startsWith('$') ? inner : `.${inner}`);
}

/** What the template makes of a value; several results of one path are separated by a space. */
export function render(template: Template, value: unknown): string {
  return template
    .map((part) => {
      if ('text' in part) return part.text;
      if ('path' in part) return find(part.path, value).map(show).join(' ');
      return find(part.range, value)
        .map((each) => render(part.body, each))
        .join('');
    })
    .join('');
}

/** All values that a path leads to; none where it leads nowhere. */
export function find(path: readonly Step[], value: unknown): unknown[] {
  return path.reduce<unknown[]>((values, step) => values.flatMap((each) => next(step, each)), [value]);
}

/** A value as JSONPath prints it: texts bare, all else as JSON. */
export const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function next(step: Step, value: unknown): unknown[] {
  if ('name' in step) return isMap(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
  if ('index' in step) {
    const item = Array.isArray(value) ? value.at(step.index) : undefined;
    return item === undefined ? [] : [item];
  }
  if ('all' in step) return children(value);
  if ('below' in step)
    return [...next({ name: step.below }, value), ...children(value).flatMap((child) => next(step, child))];
  return children(value).filter((item) => {
    const found = find(step.where, item);
    if (step.op === 'exists') return found.length > 0;
    const same = found.length > 0 && found.some((each) => each === step.value);
    return step.op === '==' ? same : !same;
  });
}

const children = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Cursor {
  readonly text: string;
  at: number;
}

function parseParts(cursor: Cursor, { within }: { within: boolean }): Part[] {
  const parts: Part[] = [];
  while (cursor.at < cursor.text.length) {
    const open = cursor.text.indexOf('{', cursor.at);
    const text = cursor.text.slice(cursor.at, open < 0 ? undefined : open);
    if (text !== '') parts.push({ text });
    if (open < 0) {
      cursor.at = cursor.text.length;
      break;
    }
    const close = closing(cursor.text, open);
    const inner = cursor.text.slice(open + 1, close).trim();
    cursor.at = close + 1;
    if (inner === 'end') {
      if (!within) throw wrong(cursor.text, 'an {end} without a {range …}');
      return parts;
    }
    const range = /^range\s+(.+)$/s.exec(inner)?.[1];
    if (range !== undefined) parts.push({ range: steps(range), body: parseParts(cursor, { within: true }) });
    else if (/^["']/.test(inner)) parts.push({ text: literal(inner) });
    else parts.push({ path: steps(inner) });
  }
  if (within) throw wrong(cursor.text, 'a {range …} without its {end}');
  return parts;
}

/** Where the brace closes, quotes skipped. */
function closing(text: string, open: number): number {
  let quote: string | undefined;
  for (let i = open + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') i++;
    else if (quote) quote = char === quote ? undefined : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return i;
  }
  throw wrong(text, 'a { without its }');
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r' };

function literal(quoted: string): string {
  const inner = /^(["'])(.*)\1$/s.exec(quoted)?.[2];
  if (inner === undefined) throw wrong(quoted, 'a quote that is not closed');
  return inner.replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
}

const STEP =
  /\.\.(?<below>[\w-]+)|\.(?<name>(?:[^.[\]\s\\]|\\.)+)|\[(?<index>-?\d+)\]|\[(?<all>\*)\]|\[(?<key>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]|\[\?\(@(?<where>[^=!)]*?)\s*(?:(?<op>==|!=)\s*(?<value>[^)]*?))?\s*\)\]/y;

function steps(path: string): Step[] {
  const text = path.trim().replace(/^[$@]/, '');
  const found: Step[] = [];
  for (STEP.lastIndex = 0; STEP.lastIndex < text.length; ) {
    const at = STEP.lastIndex;
    const match = STEP.exec(text)?.groups;
    if (!match) {
      if (text === '.') return found;
      throw wrong(path, `what begins at ${JSON.stringify(text.slice(at))} is no step of a path`);
    }
    const resume = STEP.lastIndex;
    found.push(stepOf(match));
    STEP.lastIndex = resume;
  }
  return found;
}

function stepOf(match: Record<string, string | undefined>): Step {
  const { below, name, index, all, key, where, op, value } = match;
  if (below !== undefined) return { below };
  if (name === '*' || all !== undefined) return { all: true };
  if (name !== undefined) return { name: name.replace(/\\(.)/g, '$1') };
  if (index !== undefined) return { index: Number(index) };
  if (key !== undefined) return { name: literal(key) };
  const path = steps(where ?? '');
  if (op === undefined || value === undefined) return { where: path, op: 'exists' };
  return { where: path, op: op === '!=' ? '!=' : '==', value: scalar(value) };
}

function scalar(text: string): string | number | boolean {
  if (/^["']/.test(text)) return literal(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

const wrong = (text: string, message: string): BerthError =>
  new BerthError('BERTH_USAGE', `not a JSONPath: ${message}`, {
    found: JSON.stringify(text),
    expected: "such as '{.status.phase}' or '{.items[*].metadata.name}'",
  });
