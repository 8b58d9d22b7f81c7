/**
 * The key map (design §1.1): every key of berth, its one writer, its type. Typed access, the ownership check, etcd's
 * roles and the reference page all derive from this table.
 *
 * A *kind* is a collection of keys; an *id* is what follows the collection's prefix: kind `hosts`, id `my-cloud/h-1`.
 */

import type * as r from '../records/index.ts';

export type Writer =
  | 'user'
  | 'hostpool'
  | 'headroom'
  | 'application'
  | 'placement'
  | 'ippool'
  | 'container'
  | 'machine'
  | 'process'
  | 'discovery'
  | 'election'
  | 'any';

interface KindDefinition {
  /** Below the configurable prefix; a leading `/` makes it absolute. */
  path: string;
  /** What the id's segments are. The last may be `…`: one segment or more. */
  segments: readonly string[];
  writers: readonly Writer[];
  /** `text`: a user's bytes, YAML or JSON, not parsed here. `json`: written by a controller. `bytes`: somebody else's format. */
  format: 'text' | 'json' | 'bytes';
  holds: string;
}

/** Phantom: carries the record's type without a value. */
declare const record: unique symbol;
type Kinded<T> = KindDefinition & { readonly [record]?: T };

const user = (path: string, segments: readonly string[], holds: string): Kinded<Buffer> => ({
  path,
  segments,
  writers: ['user'],
  format: 'text',
  holds,
});
const json = <T>(path: string, segments: readonly string[], writers: Writer | Writer[], holds: string): Kinded<T> => ({
  path,
  segments,
  writers: [writers].flat(),
  format: 'json',
  holds,
});

const container = ['namespace', 'app', 'name'] as const;
const onHost = ['host', 'namespace', 'app', 'name'] as const;
/** A status answers under whatever key the user wrote, also one with a segment too many. */
const answered = ['…'] as const;

export const kinds = {
  dockerclouds: user('dockerclouds', ['name'], 'DockerCloud'),
  applications: user('applications', ['namespace', 'name'], 'Application, or a bare blueprint'),
  virtualnetworks: user('virtualnetworks', ['name'], 'VirtualNetwork'),
  namespaces: user('namespaces', ['name'], 'Namespace'),
  catalog: user('catalog', ['type'], 'an entity type of the user’s own'),
  secrets: user('secrets', ['namespace', 'name'], 'credentials, sealed: not YAML but the armoured text of age'),
  effectors: user('effectors', ['namespace', 'app', 'request-id'], 'a request to run an effector'),
  hostrequests: user('hostrequests', ['cloud', 'host'], 'cordon, drain, uncordon, replace'),

  'accepted/dockerclouds': json<r.Accepted<r.DockerCloudSpec>>(
    'accepted/dockerclouds',
    ['name'],
    'hostpool',
    'the last valid spec, defaults filled in',
  ),
  'accepted/applications': json<r.Accepted<r.ApplicationSpec>>(
    'accepted/applications',
    ['namespace', 'name'],
    'application',
    'the last valid spec, defaults filled in',
  ),
  'accepted/virtualnetworks': json<r.Accepted<r.VirtualNetworkSpec>>(
    'accepted/virtualnetworks',
    ['name'],
    'ippool',
    'the last valid spec, defaults filled in',
  ),
  'accepted/namespaces': json<r.Accepted<r.NamespaceSpec>>(
    'accepted/namespaces',
    ['name'],
    'application',
    'the last valid spec, defaults filled in',
  ),
  'status/dockerclouds': json<r.DockerCloudStatus>(
    'status/dockerclouds',
    answered,
    'hostpool',
    'observedGeneration, phase, conditions, counts',
  ),
  'status/applications': json<r.ApplicationStatus>(
    'status/applications',
    answered,
    'application',
    'observedGeneration, phase, conditions, counts',
  ),
  'status/virtualnetworks': json<r.VirtualNetworkStatus>(
    'status/virtualnetworks',
    answered,
    'ippool',
    'observedGeneration, phase, conditions, counts',
  ),
  'status/namespaces': json<r.Status>(
    'status/namespaces',
    answered,
    'application',
    'observedGeneration, phase, conditions',
  ),

  hosts: json<r.HostRecord>('hosts', ['cloud', 'host'], 'hostpool', 'one Docker host'),
  usage: json<object>('usage', ['cloud', 'host'], 'hostpool', 'measured load, leased'),
  credentials: json<r.CredentialsRecord>(
    'credentials',
    ['cloud'],
    'hostpool',
    'the cloud’s CA, client certificate and SSH key, sealed',
  ),
  schedulable: json<r.SchedulableRecord>(
    'schedulable',
    ['cloud'],
    'hostpool',
    'rewritten whenever a host becomes unschedulable or goes; every assignment compares it',
  ),
  machineclaims: json<r.MachineClaim>(
    'machineclaims',
    ['location', 'machine'],
    ['hostpool', 'machine'],
    'a machine of a byon or localhost location is taken',
  ),
  headroom: json<object>('headroom', ['cloud'], 'headroom', 'which hosts are wanted, which may go, and why'),

  containers: json<r.ContainerRecord>(
    'containers',
    container,
    'application',
    'one wanted container, everything resolved',
  ),
  machines: json<object>('machines', container, 'application', 'one wanted virtual machine'),
  networkclaims: json<r.NetworkClaim>(
    'networkclaims',
    ['namespace', 'app', 'network'],
    'application',
    'a network that an application needs, and for how many',
  ),
  entities: json<r.EntityRecord>('entities', ['namespace', 'app', 'id'], 'application', 'an entity with its sensors'),
  effectorresults: json<object>(
    'effectorresults',
    ['namespace', 'app', 'request-id'],
    'application',
    'what became of a request; expires',
  ),

  assignments: json<r.AssignmentRecord>('assignments', onHost, 'placement', 'this container runs on this host'),
  pending: json<r.PendingRecord>('pending', container, 'placement', 'why no host fits, counted by filter'),

  networks: json<r.NetworkRecord>('networks', ['name'], 'ippool', 'the allocated network'),
  endpoints: json<r.EndpointRecord>('endpoints', onHost, 'ippool', 'the interfaces and addresses of an assignment'),
  calico: {
    path: '/calico',
    segments: ['…'],
    writers: ['ippool'],
    format: 'bytes',
    holds: 'Calico’s own records, in Calico’s own format',
  } as Kinded<Buffer>,

  observed: json<r.ObservedRecord>('observed', onHost, 'container', 'what Docker says'),
  provisioned: json<object>('provisioned', container, 'machine', 'the virtual machine that a location gave'),
  processes: json<object>('processes', container, 'process', 'install, launch and health of software'),
  names: json<r.NameRecord>('names', ['zone', 'name'], 'discovery', 'what a name resolves to'),
  skydns: {
    path: '/skydns',
    segments: ['…'],
    writers: ['discovery'],
    format: 'bytes',
    holds: 'the same names as SkyDNS wrote them, for CoreDNS, where a cloud asks for it',
  } as Kinded<Buffer>,

  events: json<r.EventRecord>('events', ['…'], 'any', 'what happened, with reason and count; leased'),
  leaders: json<r.LeaderRecord>('leaders', ['…'], 'election', 'who leads; every write of a leader compares it'),
  members: json<r.MemberRecord>('members', ['replica'], 'election', 'live replicas, leased'),
  installation: json<r.InstallationRecord>(
    'installation',
    [],
    'election',
    'a random id: what carries another one’s is foreign',
  ),
} as const satisfies Record<string, Kinded<unknown>>;

export type Kind = keyof typeof kinds;
export type RecordOf<K extends Kind> = (typeof kinds)[K] extends Kinded<infer T> ? T : never;
