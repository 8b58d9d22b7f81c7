/**
 * Whether what a container would be started with still holds. Its record was resolved from incarnations of others: their
 * addresses, their host ports. When one of them is gone (its host was lost, it was drained, it changed), its successor has
 * others, and the application controller will write the record anew once that is up. Whoever is placed before that starts twice.
 */

import type { PendingRecord } from '../../lib/records/index.ts';
import { appOf, containerOf, type Entry, hostOf, type View } from '../../lib/store/index.ts';

/**
 * How long a container waits for a new record, from the moment when the last successor was assigned. A target that takes
 * longer to be up, or never is, keeps nobody down for ever: the container is started as it was, like one whose
 * target goes while it runs. Milliseconds.
 */
export const RESOLUTION_MS = 5 * 60_000;

type Outdated = NonNullable<PendingRecord['outdated']>;

/** What holds at one revision of the store. */
export class Sources {
  readonly #state: View;
  /** By uid of an incarnation: the assignment where it stays, `undefined` where it does not. */
  readonly #known = new Map<string, Entry<'assignments'> | undefined>();
  /** Incarnations that the round itself takes back. */
  readonly #leaving = new Set<string>();

  constructor(state: View) {
    this.#state = state;
  }

  /** Names of the containers whose incarnation a record speaks of, and that is gone or about to go; sorted. */
  gone({ value }: Entry<'containers'>): string[] {
    const sources = Object.entries(value.resolvedFrom ?? {});
    return sources.flatMap(([name, uid]) => (this.#staying(uid) ? [] : [name])).sort();
  }

  /** The assignments that a record was resolved from and that stay: whoever is started with it compares them. */
  staying({ value }: Entry<'containers'>): Entry<'assignments'>[] {
    return Object.values(value.resolvedFrom ?? {}).flatMap((uid) => this.#staying(uid) ?? []);
  }

  /** The round takes an incarnation back, off a host that drains say: from now on it does not stay. */
  leave(uid: string): void {
    this.#leaving.add(uid);
    this.#known.clear();
  }

  /**
   * Since when a container waits, and for what; a source that was assigned anew begins it again.
   *
   * @param gone as `gone` says
   * @param placed by container: uid of what this round assigns
   */
  outdated(
    container: Entry<'containers'>,
    gone: readonly string[],
    { placed, now }: { placed: ReadonlyMap<string, string>; now: number },
  ): Outdated {
    const successors = Object.fromEntries(
      gone.map((name) => {
        const id = `${appOf(container)}/${name}`;
        return [name, placed.get(id) ?? this.#successorOf(id) ?? ''];
      }),
    );
    const before = this.#state.get('pending', container.id)?.value.outdated;
    const isSame =
      before !== undefined &&
      // A clock that was set back must not make the wait longer.
      Date.parse(before.since) <= now &&
      Object.keys(before.successors).length === gone.length &&
      gone.every((name) => before.successors[name] === successors[name]);
    return isSame ? before : { successors, since: new Date(now).toISOString() };
  }

  /**
   * An incarnation that is there, and is not about to go for another: as little as its own host, record and sources.
   * Whoever is linked to what is linked to the lost would start once for each link of the chain.
   */
  #staying(uid: string): Entry<'assignments'> | undefined {
    if (this.#known.has(uid)) return this.#known.get(uid);
    const [assignment] = this.#state.by('assignments', 'uid', uid);
    // Services that wait for each other are refused; records of two versions of a blueprint may, until they are rewritten.
    this.#known.set(uid, assignment);
    const container = assignment && this.#state.get('containers', containerOf(assignment));
    const stays = container && this.#isKept(assignment, container) && this.gone(container).length === 0;
    this.#known.set(uid, stays ? assignment : undefined);
    return stays ? assignment : undefined;
  }

  #successorOf(id: string): string | undefined {
    const container = this.#state.get('containers', id);
    const assignments = container ? this.#state.by('assignments', 'container', id) : [];
    return assignments.find((assignment) => container && this.#isKept(assignment, container))?.value.uid;
  }

  #isKept(assignment: Entry<'assignments'>, { value: container }: Entry<'containers'>): boolean {
    const { uid, spec, cloud } = assignment.value;
    if (this.#leaving.has(uid)) return false;
    const host = this.#state.by('hosts', 'name', hostOf(assignment))[0]?.value;
    return container.spec === spec && container.cloud === cloud && host !== undefined && !host.lost && !host.gone;
  }
}

/** What `pending` says of one that waits. */
export const awaited = ({ successors }: Outdated): string =>
  `waits for ${Object.keys(successors).join(', ')} to be up again: what it was told of the one that is gone holds no more`;
