import type { Code } from '../errors/index.ts';
import type { Schema } from './crds.ts';
import { didYouMean } from './suggest.ts';

export type Path = readonly (string | number)[];

/** Something wrong with a record, before it has a line and a column. */
export interface Problem {
  code: Code;
  /** From the top of the document. */
  path: Path;
  /** Whether the name of the field is meant, or what it holds. */
  at: 'key' | 'value';
  /** Characters into the string that it holds. */
  offset: number;
  message: string;
  found?: string;
  expected?: string;
  hint?: string;
}

/** What a mistake is described by; the field knows where. */
export interface Mistake {
  found?: string;
  expected?: string;
  code?: Code;
  message?: string;
  at?: Problem['at'];
  offset?: number;
  hint?: string | undefined;
}

/** What all fields of a document share. */
export interface Document {
  /** What was found wrong so far. */
  readonly problems: Problem[];
  /** The text of a scalar as it was written: `1.10`, not 1.1. Absent where no scalar stands there. */
  written(path: Path): string | undefined;
}

/** A place in a document: what reads the value there reports to it. */
export class Field {
  readonly path: Path;
  readonly #document: Document;

  constructor(document: Document, path: Path) {
    this.#document = document;
    this.path = path;
  }

  /** Whether anything was wrong so far, anywhere in the document. */
  get failed(): boolean {
    return this.#document.problems.length > 0;
  }

  /** A field or item below this one. */
  at(...path: Path): Field {
    return new Field(this.#document, [...this.path, ...path]);
  }

  /** Reports a mistake; answers undefined, for a reader to return. */
  wrong({ code = 'BERTH_INVALID', message = MESSAGES[code], at = 'value', offset = 0, ...rest }: Mistake): undefined {
    const { found, expected, hint } = rest;
    this.#document.problems.push({
      code,
      path: this.path,
      at,
      offset,
      message: message ?? 'is wrong',
      ...(found === undefined ? {} : { found }),
      ...(expected === undefined ? {} : { expected }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Reports a field that does not exist, with the likeliest of those that do; with `offset`, within a string. */
  unknown(name: string, known: readonly string[], offset = 0): undefined {
    return this.wrong({
      code: 'BERTH_UNKNOWN_FIELD',
      at: offset > 0 ? 'value' : 'key',
      offset,
      found: show(name),
      expected: oneOf(known),
      hint: didYouMean(name, known),
    });
  }

  /** A scalar as it was written: the `1.10` of `version: 1.10`. Undefined for lists, maps and nothing. */
  text(value: unknown): string | undefined {
    if (typeof value === 'string') return value;
    if (typeof value !== 'number' && typeof value !== 'boolean') return undefined;
    return this.#document.written(this.path) ?? String(value);
  }
}

const MESSAGES: Partial<Record<Code, string>> = {
  BERTH_INVALID: 'does not hold what is expected',
  BERTH_UNKNOWN_FIELD: 'no such field',
  BERTH_NOT_SUPPORTED_YET: 'not supported yet',
  BERTH_CYCLE: 'things wait for each other in a circle',
};

/** A function that reads a field which may be written in several forms. Reports and answers undefined what it cannot read. */
export type Form<T> = (value: unknown, field: Field, schema: Schema) => T | undefined;

/** A value as a message shows it: shortened, and never what is inside a map or a list. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'object' ? 'a map' : String(value);
}

/** `a, b or c`; of many only the first ones. */
export function oneOf(names: readonly unknown[]): string {
  const texts = names.map(String);
  if (texts.length > 24) return `${texts.slice(0, 24).join(', ')} and others`;
  return texts.length < 2 ? (texts[0] ?? 'nothing') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `spec.services[1]["brooklyn.config"].openPorts` */
export function printPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${text}[${show(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
