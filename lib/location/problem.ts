/** What is wrong with a location, and where in it. */
export interface LocationProblem {
  /** Fields within the map form; empty for a string. */
  path: readonly (string | number)[];
  /** Characters into the string at `path`. */
  offset?: number;
  found: string;
  expected: string;
  /** What the word found may have been meant to be. */
  candidates?: readonly string[];
  /** The name of a setting that the driver does not have. */
  unknown?: string;
}

/** Thrown within this folder only; `parseLocation` answers it. */
export class Malformed extends Error {
  readonly problem: LocationProblem;
  constructor(problem: LocationProblem) {
    super(`found ${problem.found}, expected ${problem.expected}`);
    this.problem = problem;
  }
}

/** Runs `parse` on a part of a string and moves the offset of what it throws to the whole. */
export function within<T>(offset: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Malformed({ ...error.problem, offset: offset + (error.problem.offset ?? 0) });
  }
}

/** Runs `parse` on a field of a map and puts the field before the path of what it throws. */
export function inField<T>(key: string | number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Malformed({ ...error.problem, path: [key, ...error.problem.path] });
  }
}

/** A text as a message shows it: quoted, at most 60 characters. */
export const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
