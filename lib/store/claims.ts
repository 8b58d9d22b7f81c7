import type { KeyRange } from './keyspace.ts';
import type { PreparedUnit } from './unit.ts';

/**
 * The keys that units under way write and rely on. A later unit that meets them has to wait, so that what one program
 * does to a key happens in the program's order.
 */
export class Claims {
  readonly #written = new Set<string>();
  /** How many rely on a key without writing it. */
  readonly #read = new Map<string, number>();
  readonly #empty = new Set<KeyRange>();

  /** Whether the unit writes what another relies on or writes, or relies on what another writes. */
  block(unit: PreparedUnit): boolean {
    for (const key of unit.expected.keys()) {
      if (this.#written.has(key)) return true;
      if (!unit.written.has(key)) continue;
      if (this.#read.has(key)) return true;
      for (const range of this.#empty) if (within(key, range)) return true;
    }
    for (const range of unit.empty) for (const key of this.#written) if (within(key, range)) return true;
    return false;
  }

  add(unit: PreparedUnit): void {
    for (const key of unit.expected.keys()) {
      if (unit.written.has(key)) this.#written.add(key);
      else this.#read.set(key, (this.#read.get(key) ?? 0) + 1);
    }
    for (const range of unit.empty) this.#empty.add(range);
  }

  remove(unit: PreparedUnit): void {
    for (const key of unit.expected.keys()) {
      const readers = this.#read.get(key) ?? 0;
      if (unit.written.has(key)) this.#written.delete(key);
      else if (readers > 1) this.#read.set(key, readers - 1);
      else this.#read.delete(key);
    }
    for (const range of unit.empty) this.#empty.delete(range);
  }
}

const within = (key: string, { key: from, end }: KeyRange): boolean => key >= from && key < end;
