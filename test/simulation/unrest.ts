import { type Clock, integer, type Random } from '../../lib/platform/index.ts';
import type { Fault } from '../../lib/store/memory/index.ts';
import type { Life } from './life.ts';
import type { Sender } from './wire.ts';

/** Share of calls at which a process dies, while faults are on: about one death in some virtual minutes. */
const DEATHS = 1 / 20_000;
/** Share of the batches for hosts that are held up. */
const STALLS = 1 / 25;
/** How much of all this befalls a process in a world where processes live long. */
const LITTLE = 0.05;

/** What befalls processes and their messages. */
export class Unrest {
  /** Off while the world is let come to rest. */
  on = true;
  /**
   * How much of what may befall processes does, of 1. In every other seed they live long, or nothing would ever come to
   * pass that takes a leader minutes, such as a host declared lost.
   */
  readonly share: number;
  readonly #clock: Clock;
  readonly #random: Random;

  /** @param processes  absent: the seed decides */
  constructor(clock: Clock, random: Random, processes: 'short-lived' | 'long-lived' | undefined) {
    this.#clock = clock;
    this.#random = random;
    const drawn = random.next() < 0.5 ? 'short-lived' : 'long-lived';
    this.share = (processes ?? drawn) === 'short-lived' ? 1 : LITTLE;
  }

  /** Whether something happens that happens so often where processes live dangerously. */
  strikes(rate: number): boolean {
    return this.on && this.#random.next() < rate * this.share;
  }

  /** Whether a process dies at a call of its own. */
  death(): 'before' | 'after' | undefined {
    if (!this.strikes(DEATHS)) return undefined;
    return this.#random.next() < 0.5 ? 'before' : 'after';
  }

  /** Milliseconds that a batch is held up on its way to a host. Some of those that are were their sender's last. */
  stall(sender: Life): number {
    if (!this.on || this.#random.next() >= STALLS) return 0;
    if (this.strikes(0.5)) this.#clock.after(integer(this.#random, 1000), () => sender.kill());
    return integer(this.#random, 50_000);
  }

  /** What becomes of a message to the store. */
  fault({ partitioned }: Sender): Fault {
    if (partitioned) return 'lost-request';
    if (!this.on) return 'none';
    const fate = this.#random.next();
    if (fate < 0.001) return 'lost-reply';
    if (fate < 0.002) return 'lost-request';
    if (fate < 0.004) return { delayMs: integer(this.#random, fate < 0.003 ? 3000 : 30_000) };
    return 'none';
  }
}
