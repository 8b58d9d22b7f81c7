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
  readonly #writes = new ByPlace<Write<Owned>>();
  readonly #guards = new ByPlace<Guard>();

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
    const part = make();
    if (this.#sizeWith(part) <= UNIT || this.#writes.size === 0) return this.#keep(part);
    undo();
    await this.commit();
    this.#keep(make());
  }

  /** Commits what was gathered. */
  async commit(): Promise<void> {
    const writes = [...this.#writes.take(), ...this.plan.changes().map(writeOf)];
    const guards = this.#guards.take();
    if (writes.length === 0) return;
    this.plan.landed(await this.#store.commit({ writes, guards }));
  }

  #sizeWith({ writes, guards }: Part): number {
    let size = this.#writes.size + this.#guards.size + this.plan.size;
    for (const write of writes) if (!this.#writes.has(kindOf(write), write.id)) size++;
    for (const guard of guards) if (!this.#guards.has(conditionOf(guard), placeOf(guard))) size++;
    return size;
  }

  #keep({ writes, guards }: Part): void {
    for (const write of writes) this.#writes.set(kindOf(write), write.id, write);
    for (const guard of guards) this.#guards.set(conditionOf(guard), placeOf(guard), guard);
  }
}

const kindOf = (write: Write<Owned>): string => ('put' in write ? write.put : write.delete);

const placeOf = (guard: Guard): string => ('under' in guard ? guard.under : guard.id);

/** The kind that a guard is about; of the two about whole ranges each stands for itself. */
function conditionOf(guard: Guard): string {
  if ('empty' in guard) return `${guard.empty}, empty`;
  if ('settled' in guard) return `${guard.settled}, settled`;
  return 'absent' in guard ? guard.absent : guard.unchanged;
}

/** Things by a kind and an id; the ids are not joined to keys, of which there would be several for each address. */
class ByPlace<T> {
  readonly #kinds = new Map<string, Map<string, T>>();
  size = 0;

  has(kind: string, id: string): boolean {
    return this.#kinds.get(kind)?.has(id) ?? false;
  }

  set(kind: string, id: string, thing: T): void {
    const known = this.#kinds.get(kind) ?? new Map<string, T>();
    this.#kinds.set(kind, known);
    if (!known.has(id)) this.size++;
    known.set(id, thing);
  }

  /** All of them, and forgets them. */
  take(): T[] {
    const things = [...this.#kinds.values()].flatMap((known) => [...known.values()]);
    this.#kinds.clear();
    this.size = 0;
    return things;
  }
}

/** A change of Calico's IPAM as a write of the store. */
export const writeOf = ({ id, value, expect }: Change): Write<Owned> =>
  value === undefined ? { delete: 'calico', id, expect } : { put: 'calico', id, value, expect };
