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

/** The same log, which tells `broken` of every defect that the machinery caught: nothing that fate does is to cause one. */
export function watched(log: Log, broken: (what: string) => void): Log {
  return {
    ...log,
    error(fields, message) {
      log.error(fields, message);
      if (message === 'reconcile panicked' || message === 'cannot tell which keys a record wakes')
        broken(`${message}: ${JSON.stringify(fields)}`);
    },
    child: (fields) => watched(log.child(fields), broken),
  };
}
