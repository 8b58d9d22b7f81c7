import type {
  AssignmentRecord,
  ContainerRecord,
  EndpointRecord,
  ObservedRecord,
  PendingRecord,
} from '../../../lib/records/index.ts';
import type { State } from '../reading.ts';
import type { Definition } from './derived.ts';

/** A container on a host: where it is assigned, where Docker has it, or both. */
export interface Incarnation {
  host: string;
  uid: string;
  /** The host is declared lost. */
  lost: boolean;
  assignment?: AssignmentRecord;
  endpoint?: EndpointRecord;
  observed?: ObservedRecord;
}

/** A container as people see it: what is wanted, where it is assigned, and what Docker says of it. */
export interface ContainerView {
  /** `default/shop/web-0` */
  id: string;
  namespace: string;
  /** `shop/web-0` */
  name: string;
  /** Absent: not wanted any more. */
  wanted?: ContainerRecord;
  pending?: PendingRecord;
  /** The one that counts first. */
  incarnations: Incarnation[];
}

/** All containers that are wanted, assigned or observed, joined by their names. */
export function containersOf(state: State): ContainerView[] {
  const onHosts = [...state.list('assignments'), ...state.list('observed')];
  const ids = new Set([
    ...state.list('containers').map(({ id }) => id),
    ...onHosts.map(({ id }) => id.slice(id.indexOf('/') + 1)),
  ]);
  return [...ids].sort().map((id) => containerOf(id, state));
}

function containerOf(id: string, state: State): ContainerView {
  const wanted = state.get('containers', id)?.value;
  const pending = state.get('pending', id)?.value;
  const [namespace = '', ...rest] = id.split('/');
  return {
    id,
    namespace,
    name: rest.join('/'),
    ...(wanted && { wanted }),
    ...(pending && { pending }),
    incarnations: incarnationsOf(id, state),
  };
}

function incarnationsOf(id: string, state: State): Incarnation[] {
  const onHost = [...state.by('assignments', 'container', id), ...state.by('observed', 'container', id)];
  const hosts = new Set(onHost.map((entry) => entry.id.slice(0, entry.id.indexOf('/'))));
  return [...hosts]
    .sort()
    .map((host): Incarnation => {
      const key = `${host}/${id}`;
      const assignment = state.get('assignments', key)?.value;
      const observed = state.get('observed', key)?.value;
      const endpoint = state.get('endpoints', key)?.value;
      return {
        host,
        uid: assignment?.uid ?? observed?.uid ?? '',
        lost: state.by('hosts', 'name', host)[0]?.value.lost === true,
        ...(assignment && { assignment }),
        ...(endpoint && { endpoint }),
        ...(observed && { observed }),
      };
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** What is assigned to a host that answers and runs there is what people ask for. */
const rank = ({ assignment, observed, lost }: Incarnation): number =>
  (assignment ? 0 : 4) + (lost ? 2 : 0) + (observed?.state === 'running' ? 0 : 1);

/** One word, or two, for what a container is at. */
export function statusOf({ wanted, pending, incarnations }: ContainerView): string {
  const [current] = incarnations;
  if (!current) return pending ? 'Pending' : 'Waiting';
  const { assignment, observed, endpoint, lost } = current;
  if (lost) return 'HostLost';
  if (!wanted || !assignment) return 'Removing';
  if (!observed || observed.uid !== assignment.uid) return endpoint?.message ? 'NetworkFull' : 'Assigned';
  const { state, exitCode = 0, message, stopped } = observed;
  if (stopped && state === 'exited') return 'Stopped';
  if (state === 'exited' || state === 'dead') return `Exited (${exitCode})`;
  if (state === 'restarting') return `Restarting (${exitCode})`;
  if (state === 'running') {
    const why = whyNotUp(wanted, current);
    return why === undefined ? 'Running' : `Running (${why})`;
  }
  if (state !== 'creating' || !message) return capitalised(state);
  return message.startsWith('pulling ') ? 'Pulling' : 'Creating (failing)';
}

/** What keeps a container that runs from counting as one that is up, in the order in which `upOf` of blueprints asks. */
function whyNotUp(wanted: ContainerRecord, { assignment, observed, endpoint }: Incarnation): string | undefined {
  if (assignment?.spec !== wanted.spec) return 'outdated';
  if (endpoint?.uid !== assignment.uid || endpoint.interfaces.length === 0) return 'no address';
  const isChecked = wanted.healthCheck !== undefined && wanted.healthCheck.test[0] !== 'NONE';
  const health = observed?.health ?? (isChecked ? 'starting' : 'healthy');
  return health === 'healthy' ? undefined : health;
}

/** Why it does not run, where somebody said so. */
export const messageOf = ({ pending, incarnations: [current] }: ContainerView): string | undefined =>
  current ? (current.observed?.message ?? current.endpoint?.message) : pending?.message;

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `49153->8080/tcp`, as `docker ps` has it; without the arrow where the port is open on the container's address only. */
export function portsOf({ wanted, incarnations: [current] }: ContainerView): string {
  const published = Object.entries(current?.observed?.ports ?? {}).map(([port, host]) => `${host}->${port}`);
  const open = (wanted?.ports ?? [])
    .filter(({ host }) => host === undefined)
    .map(({ port, protocol }) => `${port}/${protocol}`);
  return [...published, ...open].join(', ');
}

/** In the order of the interfaces. */
export function addressesOf({ endpoint, observed }: Incarnation): string[] {
  const planned = (endpoint?.interfaces ?? []).map(({ address }) => address);
  return planned.length > 0 ? planned : Object.values(observed?.addresses ?? {});
}

export const containers: Definition<ContainerView> = {
  plural: 'containers',
  singular: 'container',
  kind: 'Container',
  shortNames: ['c', 'ct'],
  namespaced: true,
  reads: {
    byNamespace: ['containers', 'pending'],
    whole: ['assignments', 'endpoints', 'observed', 'hosts'],
  },
  subjects: containersOf,
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'STATUS', show: statusOf },
    { name: 'HOST', show: ({ incarnations: [current] }) => current?.host },
    { name: 'ADDRESS', show: ({ incarnations: [current] }) => current && addressesOf(current)[0] },
    { name: 'PORTS', show: portsOf },
    { name: 'RESTARTS', show: ({ incarnations: [current] }) => current?.observed?.restarts ?? 0 },
    { name: 'AGE', show: ({ incarnations: [current] }, ago) => ago(current?.observed?.startedAt) },
    {
      name: 'IMAGE',
      wide: true,
      show: ({ wanted, incarnations: [current] }) => wanted?.image ?? current?.observed?.image,
    },
    { name: 'UID', wide: true, show: ({ incarnations: [current] }) => current?.uid },
    { name: 'MESSAGE', wide: true, show: messageOf },
  ],
  fields: ({ wanted, pending, incarnations }) => ({ wanted, pending, incarnations }),
};
