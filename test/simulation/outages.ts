import type { HollowMachine } from '../../lib/machine/index.ts';
import type { Clock } from '../../lib/platform/index.ts';
import type { Ledger } from '../invariants/index.ts';

/** Which machines are cut off, and until when. The ledger is told, as an onlooker who knows what no controller can. */
export class Outages {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  /** When the last outage of a machine ends (monotonic). */
  readonly #ends = new Map<HollowMachine, number>();

  constructor(clock: Clock, ledger: Ledger) {
    this.#clock = clock;
    this.#ledger = ledger;
  }

  /** Cuts a machine off, for so many milliseconds at least: of several outages the last one counts. */
  begin(machine: HollowMachine, ms: number): void {
    const now = this.#clock.monotonic();
    const end = Math.max(now + ms, this.#ends.get(machine) ?? 0);
    this.#ends.set(machine, end);
    machine.reachable = false;
    this.#ledger.hears(machine.host, 'nothing');
    this.#clock.after(end - now, () => {
      if (this.#ends.get(machine) === end) this.end(machine);
    });
  }

  /** The machine answers again. */
  end(machine: HollowMachine): void {
    this.#ends.delete(machine);
    machine.reachable = true;
    this.#ledger.hears(machine.host, 'answers');
  }
}
