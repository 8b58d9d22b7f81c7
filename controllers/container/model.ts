import type { ContainerDetails } from '../../lib/docker/index.ts';
import type { HostNetworkPlan } from '../../lib/network/index.ts';
import type { AssignmentRecord, ContainerRecord, EndpointRecord, ObservedRecord } from '../../lib/records/index.ts';
import type { Surroundings } from './surroundings.ts';

/** All that the store says about one container on one host. */
export interface Member {
  /** `<namespace>/<app>/<name>` */
  id: string;
  assignment?: AssignmentRecord;
  endpoint?: EndpointRecord;
  /** As the application wants it now: not always what was assigned. */
  record?: ContainerRecord;
  observed?: ObservedRecord;
  /** mod_revisions of what this was read from, 0 where it is absent: what writes compare. */
  revisions: { assignment: number; endpoint: number; observed: number };
}

/** One container of ours on the engine, or a pause container that holds the namespace of one. */
export interface Contained {
  id: string;
  name: string;
  image: string;
  /** Docker's word. */
  state: string;
  role: 'container' | 'pause';
  /** Of the assignment that it was made for. */
  uid: string;
  /** `<namespace>/<app>/<name>` */
  member: string;
  /** Seconds between SIGTERM and SIGKILL. */
  stopGrace: number;
  /** Absent when not known or no longer true. */
  details?: ContainerDetails;
}

/** What failed, and until when it is not tried again. */
export interface Failure {
  message: string;
  attempts: number;
  /** Monotonic, milliseconds. */
  notBefore: number;
}

/** What the failures to stop or remove a container are noted under: one that cannot start is taken away without delay. */
export const removalOf = (uid: string): string => `removal:${uid}`;

/** One host at one moment: all that a plan is made from. */
export interface Snapshot {
  host: string;
  /** Monotonic, milliseconds. */
  now: number;
  /** The engine starts containers through the runtime shim; otherwise pause containers hold the namespaces. */
  shim: boolean;
  /** Who makes the network, and what the host was prepared for: after a change of either a batch is due, whatever was applied. */
  provider: string;
  /** Ordered by id. */
  members: readonly Member[];
  /** Of this installation only, ordered by id. */
  containers: readonly Contained[];
  /** Namespaces that are there, with their addresses. */
  namespaces: ReadonlyMap<string, readonly string[]>;
  /** By namespace and interface: its address, where plugins of the user's choose them. */
  given: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The host's network apart from its containers. */
  surroundings: Surroundings;
  /** Rules, routes and links are as the last batch left them, as far as is known. */
  intact: boolean;
  /** `signature` of the plan that this leader applied last; absent before the first, when the host does not know its fence. */
  applied?: string;
  /** By uid of the assignment, and `network:<uid>`; `image:<reference>`; `network` for routes; `namespaces` for those that would not go. */
  failures: ReadonlyMap<string, Failure>;
  /** What goes on in the background, by Docker id (a stop) or `image:<reference>` (a pull). */
  busy: ReadonlySet<string>;
}

/** One step. Those of one plan do not depend on each other. */
export type Action =
  /** Writes `observed` with state `creating`, before any effect. */
  | { do: 'claim'; member: Member; observed: ObservedRecord }
  | { do: 'report'; member: Member; observed: ObservedRecord }
  /** Deletes `observed`: the addresses are free. */
  | { do: 'forget'; member: Member }
  | { do: 'inspect'; container: Contained }
  /** Makes and starts the pause container of an incarnation; `container` where it exists. */
  | { do: 'hold'; member: Member; uid: string; container?: Contained }
  | { do: 'create'; member: Member; record: ContainerRecord; pause?: Contained }
  | { do: 'network'; plan: HostNetworkPlan }
  | { do: 'start'; container: Contained }
  | { do: 'stop'; container: Contained }
  | { do: 'remove'; container: Contained };
