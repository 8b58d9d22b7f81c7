/** One application as it stands at one revision of the store: what was written for it, and what became of that. */

import type {
  AssignmentRecord,
  ContainerRecord,
  EndpointRecord,
  EntityRecord,
  NetworkClaim,
  NetworkRecord,
  ObservedRecord,
} from '../records/index.ts';

export interface Snapshot {
  namespace: string;
  app: string;
  /** The application's uid. */
  uid: number;
  /** By name: `web-0`. */
  containers: ReadonlyMap<string, StandingContainer>;
  /** By network: `default`. */
  claims: ReadonlyMap<string, Standing<NetworkClaim>>;
  /** By id of the service; the application itself under `ROOT`. */
  entities: ReadonlyMap<string, Standing<EntityRecord>>;
  /** The application's own networks that are there and not going, by their name within it. */
  networks: ReadonlyMap<string, NetworkRecord>;
  /** Names under `networks/` of those that are there and not going, the application's own and others. */
  joinable: ReadonlySet<string>;
  /** VirtualNetworks that the blueprint names and its services cannot join now, and why. */
  barred: ReadonlyMap<string, Bar>;
  /** Names under `networks/` that something of the application is, or may still be, attached to. */
  attached: ReadonlySet<string>;
}

/** It does not exist; it is being deleted; the namespace may not join it. */
export type Bar = 'missing' | 'deleting' | 'forbidden';

export interface Standing<Record> {
  record: Record;
  /** mod_revision. */
  revision: number;
}

export interface StandingContainer extends Standing<ContainerRecord> {
  /** One, but during a start-first move or a return from the lost. Ordered by host. */
  incarnations: readonly Incarnation[];
  /** Why placement does not start it: `reason` is one word in CamelCase. */
  pending?: { reason: string; message: string };
}

/** One assignment, with what carries its uid. */
export interface Incarnation {
  assignment: AssignmentRecord;
  host: { name: string; address: string; lost: boolean };
  endpoint?: EndpointRecord;
  observed?: ObservedRecord;
}

/** A wanted container that is up, and where. */
export interface Up {
  name: string;
  container: StandingContainer;
  incarnation: Incarnation;
  /** On the first interface. */
  address: string;
}

export const containerName = (service: string, index: number): string => `${service}-${index}`;

/** The number behind the last dash: `web-12` is 12. */
export const indexOf = (name: string): number => Number(name.slice(name.lastIndexOf('-') + 1));

export type Named = [name: string, container: StandingContainer];

/** What stands, by service; within one the lowest index first. */
export function byService(snapshot: Snapshot): Map<string, Named[]> {
  const groups = new Map<string, Named[]>();
  for (const named of snapshot.containers) {
    const group = groups.get(named[1].record.service);
    if (group) group.push(named);
    else groups.set(named[1].record.service, [named]);
  }
  for (const group of groups.values()) group.sort(([a], [b]) => indexOf(a) - indexOf(b));
  return groups;
}

/** The incarnation of the spec that is wanted, where it runs on a host that is not lost. */
export const runningOf = ({ record, incarnations }: StandingContainer): Incarnation | undefined =>
  incarnations.find(
    ({ assignment, host, observed }) =>
      assignment.spec === record.spec && !host.lost && observed?.state === 'running' && observed.uid === assignment.uid,
  );

/** Whether a container has its interfaces, or could get them: the networks of its record are there. */
export const isConnected = ({ record, incarnations }: StandingContainer, joinable: ReadonlySet<string>): boolean =>
  incarnations.some((incarnation) => addressOf(incarnation) !== undefined) ||
  record.networks.every((network) => joinable.has(network));

/** Where a container is up: it runs, has its address, and is healthy where it has a check (the record's, or the image's own). */
export function upOf(name: string, container: StandingContainer): Up | undefined {
  const incarnation = runningOf(container);
  const address = incarnation && addressOf(incarnation);
  if (!incarnation?.observed || address === undefined) return undefined;
  return isHealthy(container.record, incarnation.observed) ? { name, container, incarnation, address } : undefined;
}

/**
 * The incarnation in which a container did what it was asked: under `no` and `on-failure` nobody starts it again after an exit
 * with 0, so that it counts for `Ready`, and for the turns of a rollout, as one that is up does. It does not count for
 * `service.isUp`: it serves nobody any more, and what is linked to it waits. On a lost host it does not count either, since
 * placement moves it and it runs again.
 */
export function completeOf({ record, incarnations }: StandingContainer): Incarnation | undefined {
  if (record.restart !== 'no' && record.restart !== 'on-failure') return undefined;
  return incarnations.find(
    ({ assignment, host, observed }) =>
      assignment.spec === record.spec &&
      !host.lost &&
      observed?.uid === assignment.uid &&
      observed.state === 'exited' &&
      observed.exitCode === 0 &&
      !observed.stopped,
  );
}

/** The address of an incarnation, running or not: it keeps it over restarts. */
export const addressOf = ({ assignment, endpoint }: Incarnation): string | undefined =>
  endpoint?.uid === assignment.uid ? endpoint.interfaces[0]?.address : undefined;

/**
 * The address at which a container with interfaces on some networks reaches an incarnation: on the first network that both
 * are on, else its first.
 *
 * @param networks names under `networks/`
 */
export function addressOn(incarnation: Incarnation, networks: readonly string[]): string | undefined {
  const { assignment, endpoint } = incarnation;
  if (endpoint?.uid !== assignment.uid) return undefined;
  const shared = networks.flatMap((name) => endpoint.interfaces.find(({ network }) => network === name) ?? []);
  return shared[0]?.address ?? addressOf(incarnation);
}

function isHealthy({ healthCheck }: ContainerRecord, { health }: ObservedRecord): boolean {
  const checked = healthCheck !== undefined && healthCheck.test[0] !== 'NONE';
  return checked ? health === 'healthy' : health === undefined || health === 'healthy';
}
