import type { Log } from '../../lib/platform/index.ts';

/** A log that hands each line on, as text. */
export function telling(tell: (what: string) => void, now: () => number, bound: object = {}): Log {
  const say = (level: string) => (fields: object, message: string) =>
    tell(`${now()} ms ${level} ${message} ${JSON.stringify({ ...bound, ...fields })}`);
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => telling(tell, now, { ...bound, ...fields }),
  };
}
