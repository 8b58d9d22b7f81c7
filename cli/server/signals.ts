import { constants } from 'node:os';
import type { Log } from '../../lib/platform/index.ts';
import { DEFECT } from '../failure.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Aborts at the first signal that asks to end. A second one ends the process at once. */
export function endingSignal(log: Log): AbortSignal {
  const ending = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (ending.signal.aborted) process.exit(128 + constants.signals[name]);
      log.info({ signal: name }, 'ends in order; a second signal ends at once. Containers run on');
      ending.abort(new Error(`got ${name}`));
    });
  }
  return ending.signal;
}

/** What nobody caught is a defect: said, then the process ends, and whoever started it starts it again. */
export function endOnDefects(log: Log): void {
  const end = (error: unknown, from: string) => {
    log.error({ from, error: error instanceof Error ? error.stack : String(error) }, 'a defect of berth');
    process.exit(DEFECT);
  };
  process.on('unhandledRejection', (error) => end(error, 'rejection'));
  process.on('uncaughtException', (error) => end(error, 'exception'));
}
