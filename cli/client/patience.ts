import { BerthError } from '../../lib/errors/index.ts';
import type { Clock } from '../../lib/platform/index.ts';

/** Waits for something that comes in pieces, as long as it likes in all, and aborts when one of them takes too long. */
export class Patience {
  /** For what is waited for. */
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #ms: number | undefined;
  readonly #late = new AbortController();

  /** @param ms  for each piece, absent: for ever; time in which nobody waits does not count */
  constructor(clock: Clock, ms: number | undefined, outer: AbortSignal) {
    this.#clock = clock;
    this.#ms = ms;
    this.signal = AbortSignal.any([outer, this.#late.signal]);
  }

  /** @throws BERTH_TIMEOUT when it takes too long */
  async wait<T>(work: Promise<T>): Promise<T> {
    const ms = this.#ms;
    const timer = ms === undefined ? undefined : this.#clock.after(ms, () => this.#late.abort(tooLate(ms)));
    try {
      return await work;
    } catch (error) {
      throw this.#late.signal.reason ?? error;
    } finally {
      timer?.cancel();
    }
  }

  /** @throws BERTH_TIMEOUT when a piece takes too long */
  async *each<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = pieces[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.wait(iterator.next());
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
}

const tooLate = (ms: number): BerthError =>
  new BerthError('BERTH_TIMEOUT', `nothing came from the controllers’ HTTP port for ${ms / 1000} s`, {
    hint: 'see whether they hang: `berth get members` shows them, their logs say more',
  });
