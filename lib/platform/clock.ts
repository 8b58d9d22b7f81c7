/** A timer that has been set and can be taken back. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, as everything in berth sees it. Nothing in `lib` or `controllers` calls `Date.now`, `setTimeout` or
 * `performance.now` itself: the simulation owns the clock.
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump. For what people read. */
  now(): number;
  /** Milliseconds since an arbitrary point, never going back, counting while the process is stopped. For leases and time-outs. */
  monotonic(): number;
  /** Calls `action` once, `ms` from now at the earliest. Does not keep the process alive by itself. */
  after(ms: number, action: () => void): Timer;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // CLOCK_MONOTONIC goes on while a process is stopped by SIGSTOP, which is what a fence needs.
  monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  after(ms, action) {
    const handle = setTimeout(action, ms);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `ms`; rejects with the signal's reason as soon as that aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal!.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Runs `work` with a signal that aborts after `ms`, or when `outer` does.
 *
 * @throws what `work` throws; `timeout()` when the time is up, even where `work` ignores its signal
 */
export async function withTimeout<T>(
  clock: Clock,
  ms: number,
  timeout: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const abortOuter = () => controller.abort(outer!.reason);
  if (outer?.aborted) abortOuter();
  outer?.addEventListener('abort', abortOuter, { once: true });
  const timer = clock.after(ms, () => controller.abort(timeout()));
  try {
    return await Promise.race([
      work(controller.signal),
      new Promise<never>((_, reject) => {
        if (controller.signal.aborted) reject(controller.signal.reason);
        controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
      }),
    ]);
  } finally {
    timer.cancel();
    outer?.removeEventListener('abort', abortOuter);
  }
}
