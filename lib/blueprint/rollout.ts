/** Who may change now: a service changes one container at a time, and so do all the dependents of an application together. */

import type { ApplicationSpec, ServiceSpec } from '../records/index.ts';
import { ROOT } from './evaluate.ts';
import { isDependent, upstreamOf } from './graph.ts';
import { completeOf, indexOf, runningOf, type Snapshot, upOf } from './snapshot.ts';

/**
 * The turns of an application. A service that waits for nobody has a turn of its own; those that wait for others
 * share the application's, so that a target that moved takes its dependents down one at a time. Whose turn it is stands in
 * the `updating` of the entity, from the write that changes the container until that has been up since, or is complete.
 */
export class Turns {
  readonly #spec: ApplicationSpec;
  readonly #snapshot: Snapshot;
  /** By entity: the service, or `ROOT` for the dependents. */
  readonly #holders = new Map<string, string>();

  /** @param surplus containers that are about to go: they need no turn any more */
  constructor(spec: ApplicationSpec, snapshot: Snapshot, surplus: readonly string[]) {
    this.#spec = spec;
    this.#snapshot = snapshot;
    for (const [id, { record }] of snapshot.entities) {
      const name = record.updating;
      const container = name === undefined ? undefined : snapshot.containers.get(name);
      if (name === undefined || !container || surplus.includes(name)) continue;
      if (!upOf(name, container) && !completeOf(container)) this.#holders.set(id, name);
    }
  }

  /** The entity that notes the turns of a service. */
  keyOf(service: ServiceSpec): string {
    return isDependent(service) ? ROOT : service.id;
  }

  /**
   * Of the containers of one service that need a new incarnation, which may be changed now.
   *
   * What is assigned nowhere, or only on a lost host, is not there: changing it takes nothing away and needs no turn. Of
   * the others, what is not up comes first, then the lowest index.
   *
   * @returns `free`: any number that need no turn; `turn`: the one whose turn it is, which is noted as from now
   */
  next(service: ServiceSpec, names: readonly string[]): { free: string[]; turn?: string } {
    const free = names.filter((name) => !this.#isThere(name));
    const candidates = names
      .filter((name) => this.#isThere(name))
      .sort((a, b) => this.#isUp(a) - this.#isUp(b) || indexOf(a) - indexOf(b));
    const key = this.keyOf(service);
    const holder = this.#holders.get(key);
    const isFree = holder === undefined || (candidates.length > 0 && this.#yields(holder, service));
    const turn = isFree ? candidates[0] : candidates.find((name) => name === holder);
    if (turn === undefined) return { free };
    this.#holders.set(key, turn);
    return { free, turn };
  }

  /** The container that was changed last under this entity's turn and has been neither up nor complete since. */
  holder(key: string): string | undefined {
    return this.#holders.get(key);
  }

  /** All of them, the dependents' first. */
  holders(): string[] {
    const root = this.#holders.get(ROOT);
    const others = [...this.#holders].filter(([key]) => key !== ROOT).sort(([a], [b]) => (a < b ? -1 : 1));
    return [...(root === undefined ? [] : [root]), ...others.map(([, name]) => name)];
  }

  /**
   * What runs but does not become healthy, or what placement does not start, may wait for the very service that wants to
   * change: the turn goes to what its holder depends on, or both would wait for ever.
   */
  #yields(holder: string, { id }: ServiceSpec): boolean {
    const container = this.#snapshot.containers.get(holder);
    if (!container) return false;
    const isRefused = container.pending !== undefined && !this.#isThere(holder);
    if (!isRefused && !runningOf(container)) return false;
    return upstreamOf(this.#spec, container.record.service).has(id);
  }

  /** Assigned, on a host that is not lost. */
  #isThere(name: string): boolean {
    return this.#snapshot.containers.get(name)?.incarnations.some(({ host }) => !host.lost) ?? false;
  }

  #isUp(name: string): number {
    const container = this.#snapshot.containers.get(name);
    return container && upOf(name, container) ? 1 : 0;
  }
}
