import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, visit, type Document as YamlDocument } from 'yaml';
import type { Code } from '../errors/index.ts';
import type { Path, Problem } from './field.ts';

/** What a document may unfold to. */
const MAX_NODES = 100_000;
export const MAX_DEPTH = 64;
export const TOO_DEEP = `nested more than ${MAX_DEPTH} deep`;
export const MAX_ERRORS = 10;

export interface Position {
  line: number;
  column: number;
}

/** Something wrong with the text itself. */
export interface TextProblem {
  code: Code;
  message: string;
  position?: Position | undefined;
  found?: string;
  expected?: string;
}

/** A text, read: its value as plain data, and where each part of it stands. */
export interface Source {
  value: unknown;
  /** Line and column, from 1, of a field's name or of what it holds; of the nearest field around it where there is none. */
  locate(place: Pick<Problem, 'path' | 'at' | 'offset'>): Position;
  /** A scalar as it was written. */
  written(path: Path): string | undefined;
}

export type TextResult = { ok: true; source: Source } | { ok: false; problems: TextProblem[] };

interface Place {
  key: number;
  value: number;
  /** As written, for scalars. */
  source?: string;
  /** Whether a character of the string is a character of the text, and how many stand before it. */
  quotes?: number;
}

/** Turns the parsed document into plain data, and notes where everything stands. */
export class Reader {
  readonly #problems: TextProblem[] = [];
  readonly #document: YamlDocument.Parsed;
  readonly #at: (offset: number) => Position;
  readonly #places = new Map<string, Place>();
  readonly #targets: Map<Alias, Node | undefined>;
  #nodes = 0;
  /** Where the outermost alias stands that is being unfolded. */
  #alias: number | undefined;

  constructor(document: YamlDocument.Parsed, at: (offset: number) => Position) {
    this.#document = document;
    this.#at = at;
    this.#targets = resolveAliases(document);
  }

  read(): TextResult {
    const { contents } = this.#document;
    const value = this.#read(contents, '', contents?.range?.[0] ?? 0, 0, undefined);
    return this.#problems.length > 0
      ? { ok: false, problems: this.#problems }
      : { ok: true, source: { value, locate: (place) => this.#locate(place), written: (path) => this.#written(path) } };
  }

  #locate({ path, at, offset }: Pick<Problem, 'path' | 'at' | 'offset'>): Position {
    for (let length = path.length; length >= 0; length--) {
      const place = this.#places.get(pointer(path.slice(0, length)));
      if (!place) continue;
      const exact = length === path.length;
      if (exact && at === 'key') return this.#at(place.key);
      const inside = exact && offset > 0 && place.quotes !== undefined ? offset + place.quotes : 0;
      return this.#at(place.value + inside);
    }
    return { line: 1, column: 1 };
  }

  #written(path: Path): string | undefined {
    return this.#places.get(pointer(path))?.source;
  }

  #read(node: Node | null, path: string, key: number, depth: number, fallback: number | undefined): unknown {
    const start = node?.range?.[0] ?? fallback ?? key;
    if (++this.#nodes > MAX_NODES) return this.#stop('BERTH_TOO_LARGE', 'unfolds to too many values', start);
    if (depth > MAX_DEPTH) return this.#stop('BERTH_SYNTAX', TOO_DEEP, start);
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (!target) return this.#stop('BERTH_SYNTAX', 'an alias of nothing', start);
      // What is wrong within an alias is wrong where the outermost one stands.
      const outermost = this.#alias === undefined;
      this.#alias ??= start;
      const value = this.#read(target, path, key, depth + 1, start);
      if (outermost) this.#alias = undefined;
      return value;
    }
    const place: Place = { key, value: start };
    this.#places.set(path, place);
    if (isMap(node)) return this.#readMap(node.items, path, depth);
    if (isSeq(node))
      return node.items.map((item, i) => this.#read(asNode(item), `${path}/${i}`, start, depth + 1, start));
    if (!isScalar(node)) return null;
    const { value, source, type, range } = node;
    if (typeof value === 'number' && !Number.isFinite(value))
      return this.#stop('BERTH_INVALID', 'not a number that can be used', start);
    if (source !== undefined) place.source = source;
    const quoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
    if (
      typeof value === 'string' &&
      range &&
      (type === 'PLAIN' || quoted) &&
      range[1] - range[0] === value.length + (quoted ? 2 : 0)
    )
      place.quotes = quoted ? 1 : 0;
    return value;
  }

  #readMap(items: readonly { key: unknown; value: unknown }[], path: string, depth: number): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const { key, value } of items) {
      const start = asNode(key)?.range?.[0] ?? 0;
      const name = keyOf(key);
      if (name === undefined) {
        this.#stop('BERTH_SYNTAX', 'the name of a field is a text or a number', start);
        continue;
      }
      if (entries.has(name)) this.#stop('BERTH_SYNTAX', `the field ${JSON.stringify(name)} stands there twice`, start);
      const end = asNode(key)?.range?.[1] ?? start;
      entries.set(name, this.#read(asNode(value), `${path}/${escapeKey(name)}`, start, depth + 1, end));
    }
    // Not by assignment: `__proto__` is a name like any other.
    return Object.fromEntries(entries);
  }

  #stop(code: Code, message: string, offset: number): undefined {
    const position = this.#at(this.#alias ?? offset);
    const known = this.#problems.some((each) => each.message === message && each.position?.line === position.line);
    if (!known && this.#problems.length < MAX_ERRORS) this.#problems.push({ code, message, position });
  }
}

/** What each alias stands for, in one pass: the library would search the whole document for each. */
function resolveAliases(document: YamlDocument.Parsed): Map<Alias, Node | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Alias: (_, alias) => void targets.set(alias, anchors.get(alias.source)),
    Value: (_, node) => void (node.anchor && anchors.set(node.anchor, node)),
  });
  return targets;
}

const asNode = (value: unknown): Node | null =>
  isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : null;

function keyOf(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

const escapeKey = (key: string): string => key.replace(/~/g, '~0').replace(/\//g, '~1');
const pointer = (path: Path): string => path.map((key) => `/${escapeKey(String(key))}`).join('');
