/**
 * Structured logging, handed in. `fields` must hold no secret: pass names and revisions, not records.
 * pino satisfies this; tests and the simulation hand in their own.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** Says nothing. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
