import { setMaxListeners } from 'node:events';
import type { Clock } from '../platform/index.ts';

/** An AbortController that any number may listen to: dozens of workers wait for one lead, and that is no leak. */
export function aborter(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/**
 * A signal that aborts with the first of several. `release` ends the subscription: unlike with `AbortSignal.any`,
 * nothing is left to the garbage collector, and runs are reproducible.
 */
export function anyOf(...signals: AbortSignal[]): { signal: AbortSignal; release(): void } {
  const controller = aborter();
  const onAbort = () => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  const release = () => {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  };
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  if (signals.some(({ aborted }) => aborted)) onAbort();
  return { signal: controller.signal, release };
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Waits for `work`, for `ms` at most and until `signal` aborts. @returns whether it ended. Never rejects */
export function within(clock: Clock, ms: number, work: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (ended: boolean) => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      resolve(ended);
    };
    const onAbort = () => end(false);
    const timer = clock.after(ms, onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    work.then(
      () => end(true),
      () => end(true),
    );
  });
}
