/**
 * What a cloud's hosts should be, from all that is known. Pure: records, health and lists in; records and claims out.
 *
 *     wanted  = hosts.min                      (none once the cloud is deleted and nothing uses it)
 *     counted = hosts that are neither lost, gone, on their way out, nor of a location that left the record
 *     create  = wanted − counted, within hosts.max
 *     retire  = counted − wanted, empty ones only: unschedulable first, then removed if still empty
 *     drain   = counted − hosts.max, and everything that has no place in the record any more
 */

import type { DockerCloudSpec, HostRecord, LocationSpec } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { ADOPTED } from './adopt.ts';
import { type Health, type LossRules, losses } from './health.ts';
import { driverOf, placesOf } from './place.ts';

export interface HostFacts {
  name: string;
  entry: Entry<'hosts'>;
  record: HostRecord;
  health: Health;
  /** Its location does not list its machine any more. */
  missing: boolean;
  /** Assignments to it. */
  assigned(): boolean;
  /** Observed containers or endpoints on it. */
  occupied(): boolean;
  /** Every observed container there has its assignment. */
  tidy(): boolean;
}

export interface CloudFacts {
  spec: DockerCloudSpec;
  /** `waiting`: deleted, but applications use it and it may not take them with it. */
  deletion: 'none' | 'waiting' | 'draining';
  hosts: readonly HostFacts[];
  /** Machines of a location that nobody has claimed; undefined where there is no end to them. */
  free(location: LocationSpec): readonly string[] | undefined;
  /** Monotonic milliseconds. */
  now: number;
  rules: LossRules;
}

/** The fields of a host record that say what others may do with it. */
export type Standing = Required<Pick<HostRecord, 'schedulable' | 'drain' | 'lost' | 'gone' | 'removing'>>;

export interface CloudPlan {
  /** Hosts to record, in order. */
  create: { location: LocationSpec; machine?: string }[];
  /** Where every host should stand; those to forget are not in here. */
  standing: Map<string, Standing>;
  /** Gone, and nothing of theirs is left: their records go. */
  forget: string[];
  wanted: number;
  /** No machine is left for so many. */
  lacking: number;
  braked: boolean;
  failing: number;
  /** Milliseconds until time alone changes the plan. */
  recheck?: number;
}

/** Hosts of a cloud that are made at once, so that a large cloud does not start a thousand installations. */
const AT_ONCE = 64;

export function planCloud(facts: CloudFacts): CloudPlan {
  const { spec, hosts, rules, now } = facts;
  const draining = facts.deletion === 'draining';
  const placeOf = placesOf(spec);
  const wanted = draining ? 0 : spec.hosts.min;
  const { lose, ...loss } = losses(
    hosts.filter(isProbed).map(({ name, record, health }) => ({ name, lost: record.lost, health })),
    now,
    rules,
  );
  const lost = new Set([
    ...lose,
    ...hosts.filter((host) => host.record.lost && !hasReturned(host)).map(({ name }) => name),
  ]);

  const counted = hosts.filter(
    (host) => !isLeaving(host) && !lost.has(host.name) && (draining || placeOf(host.record) !== undefined),
  );
  const inOrder = [...counted].sort(firstToGo);
  const retired = new Set(retire(inOrder, counted.length - wanted).map(({ name }) => name));
  const kept = inOrder.filter(({ name }) => !retired.has(name));
  // Beyond hosts.max what runs has to move; those retired go by themselves.
  const excess = new Set(kept.slice(0, Math.max(0, kept.length - spec.hosts.max)).map(({ name }) => name));
  const mayStay = new Set(kept.filter(({ name }) => !draining && !excess.has(name)).map(({ name }) => name));

  const standing = new Map<string, Standing>();
  const forget: string[] = [];
  for (const host of hosts) {
    if (host.record.gone && !host.assigned() && !host.occupied()) forget.push(host.name);
    else
      standing.set(
        host.name,
        stand(host, {
          lost: lost.has(host.name),
          stays: mayStay.has(host.name),
          retired: retired.has(host.name),
          place: placeOf(host.record),
          draining,
          spec,
        }),
      );
  }
  const { create, lacking } = creations(facts, wanted - counted.length);
  const recheck = loss.next;
  return {
    create,
    standing,
    forget,
    wanted,
    lacking,
    braked: loss.braked,
    failing: loss.failing,
    ...(recheck !== undefined && { recheck }),
  };
}

/** A host counts for the brake while its machine exists and its engine answered once. */
const isProbed = ({ record, missing }: HostFacts): boolean =>
  record.prepared !== undefined && !record.gone && !record.removing && !missing;

const isLeaving = ({ record, missing }: HostFacts): boolean => record.gone || record.removing === true || missing;

/** It answers, and the container controller has removed what was started elsewhere meanwhile. */
const hasReturned = ({ health, tidy }: HostFacts): boolean => health.verdict === 'answering' && tidy();

/** Those that were never ready, then those on their way already, then the newest. */
function firstToGo(a: HostFacts, b: HostFacts): number {
  return (
    Number(a.record.prepared !== undefined) - Number(b.record.prepared !== undefined) ||
    Number(a.record.schedulable) - Number(b.record.schedulable) ||
    compare(b.record.createdAt, a.record.createdAt) ||
    compare(b.name, a.name)
  );
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

function retire(inOrder: readonly HostFacts[], surplus: number): HostFacts[] {
  const retired: HostFacts[] = [];
  for (const host of inOrder) {
    if (retired.length >= surplus) break;
    if (!host.assigned() && !host.occupied()) retired.push(host);
  }
  return retired;
}

function stand(
  { record, health, missing, assigned, occupied }: HostFacts,
  {
    lost,
    stays,
    retired,
    place,
    draining,
    spec,
  }: {
    lost: boolean;
    stays: boolean;
    retired: boolean;
    place: LocationSpec | undefined;
    draining: boolean;
    spec: DockerCloudSpec;
  },
): Standing {
  // What its location does not have any more is lost and gone at once, and never counts for the brake.
  // So is a lost machine that its owner took out of the record, whatever it held: the owner answers for it.
  if (record.gone || missing || (lost && health.verdict === 'failing' && isDisowned(record, place)))
    return { schedulable: false, drain: false, lost: true, gone: true, removing: record.removing ?? false };
  const empty = !assigned() && !occupied();
  const mayGo = lost
    ? // A lost host that held nothing is given back; one that held something only when the whole cloud goes, since
      // nobody can see what still runs there.
      (empty && place !== undefined && !isPooled(place.driver)) || (draining && !assigned())
    : !stays && empty && (retired || !record.schedulable);
  const removing = record.removing === true || (mayGo && !record.schedulable);
  // A leader that has not probed yet leaves a host as it found it.
  const answers =
    health.verdict === 'unknown' ? record.schedulable : health.verdict === 'answering' && health.engine !== 'failing';
  const isKnown = record.prepared !== undefined && record.prepared !== ADOPTED;
  const usable = isKnown && answers && isSuitable(record, spec);
  return {
    schedulable: usable && stays && !lost && !removing,
    drain: !lost && !removing && !stays && !retired,
    lost,
    gone: false,
    removing,
  };
}

/** Machines that are released rather than destroyed: the next host made there could be the same one. */
const isPooled = (driver: string): boolean => driver === 'byon' || driver === 'localhost';

/** A machine of somebody else's that the record does not name any more. */
const isDisowned = (record: HostRecord, place: LocationSpec | undefined): boolean =>
  !place && isPooled(driverOf(record));

/** Whether the machine offers what the cloud's record asks of one. */
export const isSuitable = ({ capacity }: Pick<HostRecord, 'capacity'>, { machine }: DockerCloudSpec): boolean =>
  capacity.cpus >= machine.minCores && capacity.memory >= machine.minRam;

function creations({ spec, hosts, free }: CloudFacts, wanting: number): Pick<CloudPlan, 'create' | 'lacking'> {
  // Lost hosts do not count, or a cloud of min = max could not replace one; machines on their way out still exist.
  const existing = hosts.filter(({ record, missing }) => !record.gone && !missing && !record.lost).length;
  const unready = hosts.filter(
    ({ record }) => record.prepared === undefined && !record.gone && !record.removing,
  ).length;
  const needed = Math.max(0, Math.min(wanting, spec.hosts.max - existing));
  const now = Math.min(needed, Math.max(0, AT_ONCE - unready));
  const create: CloudPlan['create'] = [];
  let endless = false;
  for (const location of spec.location) {
    const machines = free(location);
    endless ||= machines === undefined;
    while (create.length < now) {
      const taken = create.filter((each) => each.location === location).length;
      if (machines === undefined) create.push({ location });
      else if (taken < machines.length) create.push({ location, machine: machines[taken]! });
      else break;
    }
  }
  return { create, lacking: endless ? 0 : now - create.length };
}
