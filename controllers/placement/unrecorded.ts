/**
 * Hosts that assignments and observations speak of and that have no record. Hostpool deletes the record of a host last, so
 * somebody else deleted this one; where the machine exists, hostpool finds it and writes the record anew. Until then nobody
 * knows whether its containers run: they are started elsewhere only after a grace.
 */

import type { PendingRecord } from '../../lib/records/index.ts';
import type { View } from '../../lib/store/index.ts';

/** How long a host may be without a record before it counts as gone. Milliseconds. */
export const UNRECORDED_MS = 5 * 60_000;

/** Since when, as `pending/` has it, so that it is not counted anew by another replica. */
export class Unrecorded {
  readonly #state: View;
  readonly #now: number;
  /** By container, then by host: RFC 3339. */
  readonly #since = new Map<string, Record<string, string>>();

  constructor(state: View, now: number) {
    this.#state = state;
    this.#now = now;
  }

  /** Notes that something of a container is on such a host. @returns milliseconds of grace that are left; 0 or less: none */
  left(container: string, host: string): number {
    const before = this.#state.get('pending', container)?.value.unrecorded?.[host];
    // A clock that was set back must not make the wait longer.
    const since = before !== undefined && Date.parse(before) <= this.#now ? before : new Date(this.#now).toISOString();
    this.#since.set(container, { ...this.#since.get(container), [host]: since });
    return Date.parse(since) + UNRECORDED_MS - this.#now;
  }

  /** What `pending/` says of it. */
  of(container: string): Pick<PendingRecord, 'unrecorded'> {
    const unrecorded = this.#since.get(container);
    return unrecorded ? { unrecorded } : {};
  }
}
