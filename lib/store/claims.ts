import type { KeyRange } from './keyspace.ts';
import type { PreparedUnit } from './unit.ts';

/** What one who writes a key counts, in units of one who only relies on it. More parts than a process ever has under way. */
const WRITER = 2 ** 26;

/**
 * The keys that units under way write and rely on. A later unit that meets them has to wait, so that what one program
 * does to a key happens in the program's order.
 */
export class Claims {
  /** Of each key how many rely on it, plus `WRITER` for each that writes it. */
  readonly #held = new Map<string, number>();
  readonly #ranges = new Set<KeyRange>();

  /** Whether the unit writes what another relies on or writes, or relies on what another writes. */
  block(unit: PreparedUnit): boolean {
    for (const { key, write } of unit.parts) {
      const held = this.#held.get(key);
      if (held !== undefined && (write || held >= WRITER)) return true;
      if (write && this.#ranges.size > 0) for (const range of this.#ranges) if (within(key, range)) return true;
    }
    for (const range of unit.ranges) {
      for (const [key, held] of this.#held) if (held >= WRITER && within(key, range)) return true;
    }
    return false;
  }

  add(unit: PreparedUnit): void {
    for (const { key, write } of unit.parts) this.#held.set(key, (this.#held.get(key) ?? 0) + (write ? WRITER : 1));
    for (const range of unit.ranges) this.#ranges.add(range);
  }

  remove(unit: PreparedUnit): void {
    for (const { key, write } of unit.parts) {
      const held = this.#held.get(key)! - (write ? WRITER : 1);
      if (held > 0) this.#held.set(key, held);
      else this.#held.delete(key);
    }
    for (const range of unit.ranges) this.#ranges.delete(range);
  }
}

const within = (key: string, { key: from, end }: KeyRange): boolean => key >= from && key < end;
