import type { Random } from '../../lib/platform/index.ts';

/** Milliseconds until the first try after a failure; doubles with each, up to the most. */
const FIRST = 200;
const MOST = 120_000;
/** Milliseconds until options that an engine refused are tried again, while it runs with others and while it does not. */
const REFUSED = { running: 600_000, down: 60_000 };

/**
 * What went wrong at each host, and when it is worth another try. Memory only: another leader tries at once. What failed
 * under one generation of the cloud's record says nothing about the next one.
 */
export class Setbacks {
  readonly #failures = new Map<string, { generation: number; count: number }>();
  readonly #refusals = new Map<string, { wanted: string; at: number }>();

  /** @returns milliseconds until the host's work is to be tried again */
  failed(host: string, generation: number, random: Random): number {
    const known = this.#failures.get(host);
    const count = known?.generation === generation ? known.count : 0;
    this.#failures.set(host, { generation, count: count + 1 });
    return Math.min(FIRST * 2 ** count, MOST) * (1 + random.next() / 4);
  }

  succeeded(host: string): void {
    this.#failures.delete(host);
  }

  /** The host's engine does not start with what it was wanted to be prepared for. `now`: monotonic milliseconds. */
  refused(host: string, wanted: string, now: number): void {
    this.#refusals.set(host, { wanted, at: now });
  }

  /** Milliseconds until the host may be prepared for that; 0: now. */
  wait(host: string, wanted: string, engine: keyof typeof REFUSED, now: number): number {
    const refusal = this.#refusals.get(host);
    return refusal?.wanted === wanted ? Math.max(0, refusal.at + REFUSED[engine] - now) : 0;
  }

  forget(host: string): void {
    this.#failures.delete(host);
    this.#refusals.delete(host);
  }
}
