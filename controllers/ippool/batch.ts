import { CalicoReader, type Change, IpamPlan } from '../../lib/calico/index.ts';
import type { Guard, Store, View, Write } from '../../lib/store/index.ts';
import type { Owned } from './context.ts';

/** Writes and guards of one unit (lib/store/types.ts). Each rewrites the blocks that it touches: the fewer, the better. */
export const UNIT = 120;

/** One thing to be done whole: what it writes and compares besides Calico's IPAM records. */
export interface Part {
  writes: Write<Owned>[];
  guards: Guard[];
}

/**
 * Gathers parts, each with its share of one IPAM plan, into as few transactions as hold them. Addresses of many
 * endpoints lie in the same few blocks, so that a transaction writes each block once.
 */
export class Batch {
  readonly plan: IpamPlan;
  readonly #store: Store<Owned>;
  readonly #writes = new Map<string, Write<Owned>>();
  readonly #guards = new Map<string, Guard>();

  constructor(state: View, store: Store<Owned>) {
    this.#store = store;
    this.plan = new IpamPlan(new CalicoReader(state));
  }

  /**
   * Adds a part; commits what was gathered before when there is no room left for it.
   *
   * @param make  plans the part on `plan`; called again after a commit
   * @throws BERTH_CONFLICT and others of `commit`
   */
  async add(make: () => Part): Promise<void> {
    const undo = this.plan.mark();
    const part = keyed(make());
    if (this.#sizeWith(part) <= UNIT || this.#writes.size === 0) return this.#keep(part);
    undo();
    await this.commit();
    this.#keep(keyed(make()));
  }

  /** Commits what was gathered. */
  async commit(): Promise<void> {
    const writes = [...this.#writes.values(), ...this.plan.changes().map(writeOf)];
    if (writes.length === 0) return;
    const guards = [...this.#guards.values()];
    this.#writes.clear();
    this.#guards.clear();
    this.plan.landed(await this.#store.commit({ writes, guards }));
  }

  #sizeWith({ writes, guards }: Keyed): number {
    let size = this.#writes.size + this.#guards.size + this.plan.size;
    for (const [key] of writes) if (!this.#writes.has(key)) size++;
    for (const [key] of guards) if (!this.#guards.has(key)) size++;
    return size;
  }

  #keep({ writes, guards }: Keyed): void {
    for (const [key, write] of writes) this.#writes.set(key, write);
    for (const [key, guard] of guards) this.#guards.set(key, guard);
  }
}

/** A part by what its writes and guards are about. */
interface Keyed {
  writes: [key: string, write: Write<Owned>][];
  guards: [key: string, guard: Guard][];
}

const keyed = ({ writes, guards }: Part): Keyed => ({
  writes: writes.map((write) => [keyOfWrite(write), write]),
  guards: guards.map((guard) => [keyOfGuard(guard), guard]),
});

const keyOfWrite = (write: Write<Owned>): string => `${'put' in write ? write.put : write.delete}/${write.id}`;

const keyOfGuard = (guard: Guard): string => {
  if ('empty' in guard) return `${guard.empty}/${guard.under}`;
  if ('settled' in guard) return `${guard.settled}/${guard.under}/settled`;
  return `${'absent' in guard ? guard.absent : guard.unchanged}/${guard.id}`;
};

/** A change of Calico's IPAM as a write of the store. */
export const writeOf = ({ id, value, expect }: Change): Write<Owned> =>
  value === undefined ? { delete: 'calico', id, expect } : { put: 'calico', id, value: Buffer.from(value), expect };
