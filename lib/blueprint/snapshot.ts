/** One application as it stands at one revision of the store: what was written for it, and what became of that. */

import type {
  AssignmentRecord,
  ContainerRecord,
  EndpointRecord,
  EntityRecord,
  NetworkClaim,
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
}

export interface Standing<Record> {
  record: Record;
  /** mod_revision. */
  revision: number;
}

export interface StandingContainer extends Standing<ContainerRecord> {
  /** One, but during a start-first move or a return from the lost. Ordered by host. */
  incarnations: readonly Incarnation[];
  /** Why placement finds no host. */
  pending?: string;
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

/**
 * Where a container is up: an incarnation of the spec that is wanted, running on a host that is not lost, with its
 * addresses, and healthy where it has a health check (the record's, or the image's own).
 */
export function upOf(name: string, container: StandingContainer): Up | undefined {
  for (const incarnation of container.incarnations) {
    const { assignment, host, observed } = incarnation;
    if (assignment.spec !== container.record.spec || host.lost) continue;
    if (observed?.state !== 'running' || observed.uid !== assignment.uid) continue;
    const address = addressOf(incarnation);
    if (address !== undefined && isHealthy(container.record, observed)) {
      return { name, container, incarnation, address };
    }
  }
  return undefined;
}

/** The address of an incarnation, running or not: it keeps it over restarts. */
export const addressOf = ({ assignment, endpoint }: Incarnation): string | undefined =>
  endpoint?.uid === assignment.uid ? endpoint.interfaces[0]?.address : undefined;

function isHealthy({ healthCheck }: ContainerRecord, { health }: ObservedRecord): boolean {
  const checked = healthCheck !== undefined && healthCheck.test[0] !== 'NONE';
  return checked ? health === 'healthy' : health === undefined || health === 'healthy';
}
