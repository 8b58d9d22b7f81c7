import { messageOf } from '../errors/index.ts';
import { type Clock, type Log, sleep } from '../platform/index.ts';

/** Milliseconds before work that failed starts again: doubles from the first to the second, anew after a good run as long as that. */
const FIRST_DELAY = 1000;
const MOST_DELAY = 60_000;

/**
 * Runs `work` until it returns or `signal` aborts; starts it again, after growing pauses, when it throws.
 * Resolves when it is over. Never rejects.
 */
export async function keepRunning(
  work: (signal: AbortSignal) => Promise<void>,
  { clock, log }: { clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  let delay = FIRST_DELAY;
  while (!signal.aborted) {
    const started = clock.monotonic();
    try {
      return await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ error: messageOf(error) }, 'background work failed; starts again');
    }
    if (clock.monotonic() - started > MOST_DELAY) delay = FIRST_DELAY;
    await sleep(clock, delay, signal).catch(() => undefined);
    delay = Math.min(2 * delay, MOST_DELAY);
  }
}
