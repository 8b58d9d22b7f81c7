/**
 * The pure plan of one cloud: which assignments go, which are written, who waits and why.
 *
 * What protects what (design §1.3): every new assignment compares `schedulable/<cloud>` (against a host that leaves),
 * the cloud's record (against limits that were lowered), the container's record (against an application that is being
 * deleted and looks for what is left), the assignments that the record was resolved from (against values that hold no
 * more), and that its host holds no `observed` of the container's name (against the old incarnation); a move off a lost
 * host compares the host's record, in the same transaction that deletes the old assignment.
 */

import { type Filter, type HostModel, type Pipeline, Planner, pipeline } from '../../lib/placement/index.ts';
import { type Random, uid } from '../../lib/platform/index.ts';
import type { AssignmentRecord, HostRecord, PendingRecord } from '../../lib/records/index.ts';
import { containerOf, type Entry, type Guard, hostOf, type Unit, type View } from '../../lib/store/index.ts';
import { modelHosts, requestOf, strategiesOf } from './model.ts';
import { awaited, RESOLUTION_MS, Sources } from './sources.ts';
import { UNRECORDED_MS, Unrecorded } from './unrecorded.ts';

export type PlacementUnit = Unit<'assignments' | 'pending'>;

export interface PlacementPlan {
  units: PlacementUnit[];
  /** Look again in so many milliseconds, though nothing may have changed. */
  recheck?: number;
}

/** After ippool could not give an address: how long until that is tried again without news of the network. */
const NETWORK_RETRY_MS = 5_000;

export function plan(cloud: string, state: View, { random, now }: { random: Random; now: number }): PlacementPlan {
  return new Round(cloud, state, random, now).plan();
}

type Why = Pick<PendingRecord, 'message' | 'rejected' | 'outdated'>;

interface Step {
  container: Entry<'containers'>;
  take(): void;
}

/** A unit holds 120 parts. Whoever has more sources than that compares the first of them. */
const MOST_SOURCES = 100;

class Round {
  readonly #cloud: string;
  readonly #state: View;
  readonly #random: Random;
  readonly #now: number;
  readonly #hosts: Map<string, HostModel>;
  readonly #planner: Planner;
  readonly #sources: Sources;
  readonly #cloudStrategies: readonly unknown[];
  readonly #units: PlacementUnit[] = [];
  /** By container: uid of what this round assigns. */
  readonly #placed = new Map<string, string>();
  /** Steps for containers whose values are of others: when it shows who of these stays. */
  readonly #dependents: Step[] = [];
  /** uids of assignments that this round rewrites in place: whoever compares them is placed in the next. */
  readonly #followed = new Set<string>();
  readonly #unrecorded: Unrecorded;
  #recheck: number | undefined;

  constructor(cloud: string, state: View, random: Random, now: number) {
    this.#cloud = cloud;
    this.#state = state;
    this.#random = random;
    this.#now = now;
    this.#hosts = modelHosts(cloud, state);
    this.#planner = new Planner([...this.#hosts.values()], random, newestHost(cloud, state));
    this.#sources = new Sources(state);
    this.#unrecorded = new Unrecorded(state, now);
    this.#cloudStrategies = state.get('accepted/dockerclouds', cloud)?.value.spec.placement.strategies ?? [];
  }

  plan(): PlacementPlan {
    for (const assignment of this.#state.by('assignments', 'cloud', this.#cloud)) this.#review(assignment);
    for (const container of this.#state.by('containers', 'cloud', this.#cloud)) {
      if (this.#state.by('assignments', 'container', container.id).length === 0) this.#placeNew(container);
    }
    // Those that wait come last, when it shows what takes the place of what they wait for.
    const waits = ({ container }: Step) => this.#sources.gone(container).length > 0;
    const [last, first] = [this.#dependents.filter(waits), this.#dependents.filter((step) => !waits(step))];
    for (const { take } of [...first, ...last]) take();
    for (const { id } of this.#state.list('pending')) {
      if (!this.#state.get('containers', id)) this.#units.push({ writes: [{ delete: 'pending', id }] });
    }
    return this.#recheck === undefined ? { units: this.#units } : { units: this.#units, recheck: this.#recheck };
  }

  /** Keeps an assignment, lets it follow its container record, takes it back, or moves it. */
  #review(assignment: Entry<'assignments'>): void {
    const container = this.#state.get('containers', containerOf(assignment));
    const host = this.#state.by('hosts', 'name', hostOf(assignment))[0];
    if (!container || container.value.spec !== assignment.value.spec || container.value.cloud !== this.#cloud) {
      // Gone, changed, or of a cloud that it has left: stop-first. The new incarnation comes when the old is observed gone.
      this.#delete(assignment);
    } else if (!host) this.#giveUp(assignment, container);
    else if (host.value.gone || host.value.lost) {
      const guards: Guard[] = [{ unchanged: 'hosts', id: host.id, at: host.modRevision }];
      this.#moveOff(assignment, container, { guards, isGone: host.value.gone });
    } else if (host.value.drain) this.#drain(assignment, container);
    else if (this.#refusedByNetwork(assignment)) this.#takeBack(assignment, container);
    else this.#keep(assignment, container);
  }

  #keep(assignment: Entry<'assignments'>, container: Entry<'containers'>): void {
    if (assignment.value.containerRevision !== container.modRevision) {
      this.#followed.add(assignment.value.uid);
      const value = { ...assignment.value, containerRevision: container.modRevision };
      this.#units.push({ writes: [{ put: 'assignments', id: assignment.id, value, expect: assignment.modRevision }] });
    }
    // Of a move that is not needed any more: its host came back.
    if (this.#state.get('pending', container.id))
      this.#units.push({ writes: [{ delete: 'pending', id: container.id }] });
  }

  #delete(assignment: Entry<'assignments'>): void {
    this.#sources.leave(assignment.value.uid);
    this.#units.push({ writes: [{ delete: 'assignments', id: assignment.id, expect: assignment.modRevision }] });
  }

  /**
   * Off a lost or gone host: the old assignment goes in the transaction that writes the new one, and only if the host
   * is still what it was. Without a fit, or while its record has to be resolved anew, the old one stays on a lost host; on a
   * host that is gone it holds nothing.
   */
  #moveOff(
    old: Entry<'assignments'>,
    container: Entry<'containers'>,
    { guards, isGone }: { guards: Guard[]; isGone: boolean },
  ): void {
    this.#whenSettled(container, () => {
      const moved = this.#place(container, guards);
      if (moved) moved.writes.unshift({ delete: 'assignments', id: old.id, expect: old.modRevision });
      else if (isGone) this.#delete(old);
    });
  }

  /** Off a host without a record, as off one that is gone, but not at once: its record may have been deleted by hand. */
  #giveUp(old: Entry<'assignments'>, container: Entry<'containers'>): void {
    if (this.#isAwaited(container, hostOf(old))) return;
    const guards: Guard[] = [{ absent: 'hosts', id: `${this.#cloud}/${hostOf(old)}` }];
    this.#moveOff(old, container, { guards, isGone: true });
  }

  /** Whether something of a container is on a host without a record, and that may still get one. */
  #isAwaited(container: Entry<'containers'>, host: string): boolean {
    const left = this.#unrecorded.left(container.id, host);
    if (left <= 0) return false;
    this.#again(left);
    const minutes = UNRECORDED_MS / 60_000;
    const message = `${host} has no record; without one for ${minutes} minutes it counts as gone, and another host is chosen`;
    this.#pend(container, { message, rejected: { noRecord: 1 } });
    return true;
  }

  /** Takes a step at once, or where its container speaks of others when it shows who of them stays. */
  #whenSettled(container: Entry<'containers'>, take: () => void): void {
    if (container.value.resolvedFrom) this.#dependents.push({ container, take });
    else take();
  }

  /** Off a draining host, stop-first, as soon as there is room elsewhere. */
  #drain(assignment: Entry<'assignments'>, container: Entry<'containers'>): void {
    const placement = this.#planner.place(requestOf(container, this.#state), this.#pipeline(container));
    if (placement.fits) this.#delete(assignment);
    else this.#pend(container, { message: placement.message, rejected: placement.rejected });
  }

  #refusedByNetwork(assignment: Entry<'assignments'>): boolean {
    const endpoint = this.#state.get('endpoints', assignment.id)?.value;
    return endpoint?.uid === assignment.value.uid && endpoint.interfaces.length === 0 && endpoint.message !== undefined;
  }

  /** A network is full: ippool said so by an endpoint without interfaces. */
  #takeBack(assignment: Entry<'assignments'>, container: Entry<'containers'>): void {
    this.#sources.leave(assignment.value.uid);
    const message = this.#state.get('endpoints', assignment.id)?.value.message ?? 'a network is full';
    const value = this.#pendingRecord(container, { message, rejected: { network: this.#hosts.size } });
    this.#units.push({
      writes: [
        { delete: 'assignments', id: assignment.id, expect: assignment.modRevision },
        { put: 'pending', id: container.id, value: { ...value, since: new Date(this.#now).toISOString() } },
      ],
    });
    this.#again(NETWORK_RETRY_MS);
  }

  /** A container without an assignment: it waits for its last incarnation to be gone, then goes where it fits. */
  #placeNew(container: Entry<'containers'>): void {
    if (this.#isGoing(container)) return;
    const wait = this.#networkWait(container);
    if (wait > 0) this.#again(wait);
    else this.#whenSettled(container, () => void this.#place(container, []));
  }

  /** Something of its name still runs on a host that has not been given up. */
  #isGoing(container: Entry<'containers'>): boolean {
    const going = this.#state.by('observed', 'container', container.id).filter((observed) => {
      const host: HostRecord | undefined = this.#state.by('hosts', 'name', hostOf(observed))[0]?.value;
      if (!host) return this.#isAwaited(container, hostOf(observed));
      if (host.lost || host.gone) return false;
      if (host.cloud !== this.#cloud) this.#pendMove(container, hostOf(observed), host.cloud);
      return true;
    });
    return going.length > 0;
  }

  #pendMove(container: Entry<'containers'>, host: string, cloud: string): void {
    const message = `moves here from ${cloud}; waits until ${host} has stopped it, or is lost`;
    this.#pend(container, { message, rejected: { formerHost: 1 } });
  }

  /** Whoever was refused by a network asks again after a while, or as soon as one of its networks is another than it was. */
  #networkWait({ id, value: { networks } }: Entry<'containers'>): number {
    const pending = this.#state.get('pending', id);
    if (!pending || !('network' in pending.value.rejected)) return 0;
    const changed = networks.some(
      (name) => (this.#state.get('networks', name)?.modRevision ?? 0) > pending.modRevision,
    );
    return changed ? 0 : Date.parse(pending.value.since) + NETWORK_RETRY_MS - this.#now;
  }

  /** @returns the unit that assigns it; undefined: it waits, and why is written down */
  #place(container: Entry<'containers'>, guards: Guard[]): PlacementUnit | undefined {
    const gone = this.#sources.gone(container);
    const round = { placed: this.#placed, now: this.#now };
    const outdated = gone.length > 0 ? this.#sources.outdated(container, gone, round) : undefined;
    const wait = outdated ? Date.parse(outdated.since) + RESOLUTION_MS - this.#now : 0;
    if (outdated && wait > 0) {
      this.#again(wait);
      return void this.#pend(container, {
        message: awaited(outdated),
        rejected: { links: this.#hosts.size },
        outdated,
      });
    }
    const sources = this.#sources.staying(container);
    if (sources.some(({ value }) => this.#followed.has(value.uid))) return undefined;
    const placement = this.#planner.place(requestOf(container, this.#state), this.#pipeline(container), [
      this.#nothingOfItsName(container.id),
    ]);
    if (!placement.fits) {
      const { message, rejected } = placement;
      return void this.#pend(container, { message, rejected, ...(outdated && { outdated }) });
    }
    const id = `${placement.host.name}/${container.id}`;
    const { cpus, memory } = container.value.resources;
    const value: AssignmentRecord = {
      uid: uid(this.#random),
      cloud: this.#cloud,
      spec: container.value.spec,
      containerRevision: container.modRevision,
      reserved: { cpus, memory, ports: placement.ports },
      because: { by: placement.by, of: this.#hosts.size, rejected: placement.rejected, revision: this.#state.revision },
    };
    const unit: PlacementUnit = {
      writes: [{ put: 'assignments', id, value, expect: 0 }],
      guards: [
        { unchanged: 'schedulable', id: this.#cloud },
        { unchanged: 'accepted/dockerclouds', id: this.#cloud },
        { unchanged: 'containers', id: container.id, at: container.modRevision },
        { absent: 'observed', id },
        ...sources.slice(0, MOST_SOURCES).map(sameAssignment),
        ...guards,
      ],
    };
    if (this.#state.get('pending', container.id)) unit.writes.push({ delete: 'pending', id: container.id });
    this.#units.push(unit);
    this.#placed.set(container.id, value.uid);
    return unit;
  }

  /** One incarnation of a name per host: a lost host that came back may still hold the one before. */
  #nothingOfItsName(container: string): Filter {
    return {
      name: 'oneIncarnation',
      reject: (_, { name }) =>
        this.#state.get('observed', `${name}/${container}`) || this.#state.get('assignments', `${name}/${container}`)
          ? 'still hold the one before'
          : undefined,
    };
  }

  #pipeline(container: Entry<'containers'>): Pipeline {
    return pipeline(strategiesOf(container.value, this.#cloudStrategies));
  }

  #pend(container: Entry<'containers'>, why: Why): void {
    this.#units.push({ writes: [{ put: 'pending', id: container.id, value: this.#pendingRecord(container, why) }] });
  }

  #pendingRecord(container: Entry<'containers'>, why: Why): PendingRecord {
    const since = this.#state.get('pending', container.id)?.value.since ?? new Date(this.#now).toISOString();
    return { since, ...why, ...this.#unrecorded.of(container.id), resources: container.value.resources };
  }

  #again(ms: number): void {
    this.#recheck = Math.min(this.#recheck ?? ms, ms);
  }
}

const sameAssignment = ({ id, modRevision }: Entry<'assignments'>): Guard => ({
  unchanged: 'assignments',
  id,
  at: modRevision,
});

/**
 * The host that was given the newest container: where breadthFirst goes on from, also after a restart. Of those that one
 * transaction wrote the last by name is the newest, as a round goes through them in that order.
 */
function newestHost(cloud: string, state: View): string | undefined {
  let newest: Entry<'assignments'> | undefined;
  for (const assignment of state.by('assignments', 'cloud', cloud)) {
    if (!newest || isNewer(assignment, newest)) newest = assignment;
  }
  return newest && hostOf(newest);
}

const isNewer = (one: Entry<'assignments'>, other: Entry<'assignments'>): boolean =>
  one.createRevision === other.createRevision
    ? containerOf(one) > containerOf(other)
    : one.createRevision > other.createRevision;
