import { Lexer, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import { messageOf } from '../errors/index.ts';
import { MAX_DEPTH, MAX_ERRORS, type Position, Reader, type TextProblem, type TextResult, TOO_DEEP } from './source.ts';

export type { Position, Source, TextProblem } from './source.ts';

/** Bytes of a record; design §1: etcd itself refuses 1.5 MiB. */
export const MAX_BYTES = 2 ** 20;
/** So that a hostile text costs seconds at most: a reconcile that blocks for longer than a lease loses the lead. */
const MAX_TOKENS = 200_000;

/** Reads YAML 1.2 or JSON. Pure; never throws, whatever the bytes. */
export function readText(bytes: Buffer): TextResult {
  if (bytes.length > MAX_BYTES)
    return fail({
      code: 'BERTH_TOO_LARGE',
      message: 'too large',
      found: `${bytes.length} bytes`,
      expected: `at most ${MAX_BYTES}`,
    });
  const text = decode(bytes);
  if (text === undefined)
    return fail({
      code: 'BERTH_SYNTAX',
      message: 'not text',
      found: 'bytes that are not UTF-8',
      expected: 'YAML or JSON',
    });

  const lines = new LineCounter();
  const at = positions(lines);
  const control = /(?![\t\n\r\u0085])\p{Cc}/u.exec(text);
  if (control) {
    return fail({
      code: 'BERTH_SYNTAX',
      message: 'not text',
      position: positionIn(text, control.index),
      found: `the control character U+${control[0].charCodeAt(0).toString(16).padStart(4, '0')}`,
      expected: 'YAML or JSON',
    });
  }
  const bulk = tooComplex(text);
  if (bulk) return fail(bulk);

  try {
    const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;
    const document = parseDocument(text, options);
    const mistakes = syntaxProblems(document, at);
    return mistakes.length > 0 ? { ok: false, problems: mistakes } : new Reader(document, at).read();
  } catch (error) {
    // Deep nesting runs out of stack somewhere in the library, or here.
    return fail({ code: 'BERTH_SYNTAX', message: error instanceof RangeError ? TOO_DEEP : messageOf(error) });
  }
}

/** What is wrong with the syntax. A warning is a tag that nobody knows: the value would not be what was meant. */
function syntaxProblems(document: YamlDocument.Parsed, at: (offset: number) => Position): TextProblem[] {
  const mistakes = [...document.errors, ...document.warnings];
  // What follows from running out of stack says nothing.
  const deep = mistakes.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (deep) return [{ code: 'BERTH_SYNTAX', message: TOO_DEEP, position: at(deep.pos[0]) }];
  return mistakes.slice(0, MAX_ERRORS).map(({ code, message, pos }) => ({
    code: 'BERTH_SYNTAX',
    position: at(pos[0]),
    ...(code === 'MULTIPLE_DOCS'
      ? { message: 'more than one document', found: 'a second document', expected: 'one' }
      : { message: message.replace(/\s+/g, ' ') }),
  }));
}

const fail = (problem: TextProblem): TextResult => ({ ok: false, problems: [problem] });

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What the lexer says between the parts of the text: a document begins, a scalar follows, a flow ended early. */
const SCALAR = '\u001f';
const MARKS = new Set(['\u0002', SCALAR, '\u0018']);

function positionIn(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

const positions =
  (lines: LineCounter) =>
  (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };

/** Splitting into tokens is cheap, composing them is not, least of all what is nested without end: count first. */
function tooComplex(text: string): TextProblem | undefined {
  let tokens = 0;
  let depth = 0;
  let offset = 0;
  let before = '';
  for (const token of new Lexer().lex(text)) {
    const isScalar = before === SCALAR;
    before = token;
    if (!isScalar && (token === '[' || token === '{')) depth++;
    else if (!isScalar && (token === ']' || token === '}')) depth--;
    if (depth > MAX_DEPTH + 1) return { code: 'BERTH_SYNTAX', message: TOO_DEEP, position: positionIn(text, offset) };
    if (!MARKS.has(token)) offset += token.length;
    if (++tokens > MAX_TOKENS)
      return {
        code: 'BERTH_TOO_LARGE',
        message: 'too many parts',
        found: 'more tokens',
        expected: `at most ${MAX_TOKENS}`,
      };
  }
  return undefined;
}
