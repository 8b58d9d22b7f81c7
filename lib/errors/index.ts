import { type Code, codes } from './codes.ts';

export { type Code, codes };

export interface ErrorDetails {
  /** Where: a key, with line, column and field where the value is text: `applications/default/shop:12:5 spec.services[1].openPorts`. */
  place?: string | undefined;
  /** What stood there or what happened, shortened, never a secret. */
  found?: string | undefined;
  /** What would have been right. */
  expected?: string | undefined;
  /** What to do, where it is more precise than the code's own advice. */
  hint?: string | undefined;
  cause?: unknown;
}

/** An error that a user may read: a code of the table, the place, what was found, what was expected, what to do. */
export class BerthError extends Error {
  override readonly name = 'BerthError';
  readonly code: Code;
  readonly details: ErrorDetails;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(describe(message, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

function describe(message: string, { place, found, expected, hint }: ErrorDetails): string {
  let text = place ? `${place}: ${message}` : message;
  if (found !== undefined) text += `; found ${found}`;
  if (expected !== undefined) text += `; expected ${expected}`;
  if (hint !== undefined) text += `; ${hint}`;
  return text;
}

export const isCode = (error: unknown, ...wanted: Code[]): error is BerthError =>
  error instanceof BerthError && wanted.includes(error.code);

/** A code as the reason of a condition: `BERTH_NOT_FOUND` → `NotFound`. */
export const reasonOf = (code: Code): string =>
  code
    .split('_')
    .slice(1)
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');

/** The message of anything thrown, in one line. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).replace(/\s+/g, ' ').trim();
