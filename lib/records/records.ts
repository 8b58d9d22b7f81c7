/**
 * The records that controllers write and read: flat JSON, camelCase, quantities as numbers in base units (bytes,
 * cores, seconds). Which key holds which, and who writes it, stands in `lib/store/keys.ts`. Design §1.1 is the source.
 */

import type { Condition, Status } from './conditions.ts';
import type { VirtualNetworkSpec } from './virtualnetwork.generated.ts';

/** RFC 3339 in UTC, seconds. */
export type Time = string;

/** The last valid spec of a user's record, defaults filled in, quantities parsed. */
export interface Accepted<Spec> {
  /** mod_revision of the user's key that held it. */
  generation: number;
  /** create_revision of the user's key: deleted and put again is another. */
  uid: number;
  /** Set from the moment the user's key is found deleted until all that it made is gone. */
  deleting?: Time;
  spec: Spec;
}

export interface ApplicationStatus extends Status {
  containers: { wanted: number; assigned: number; running: number };
}

export interface DockerCloudStatus extends Status {
  hosts: { wanted: number; total: number; ready: number };
}

export interface VirtualNetworkStatus extends Status {
  /** The ranges that it has, with commas between them. */
  cidr?: string;
  /** Addresses in use, and how many there are; as in its record under `networks/`. */
  used: number;
  capacity: number;
}

export interface Capacity {
  /** Containers at most; absent: no limit but the cloud's strategies. */
  containers?: number;
  /** Cores. */
  cpus: number;
  /** Bytes. */
  memory: number;
}

export interface PortBinding {
  /** In the container. */
  port: number;
  protocol: 'tcp' | 'udp';
  /** On the host. */
  host: number;
}

/** How the engine of a host is reached. */
export type EngineEndpoint =
  /** Mutual TLS with the certificates of `credentials/<cloud>`. */
  | { kind: 'tls'; port: number }
  /** A socket of the machine that the controllers run on. */
  | { kind: 'unix'; path: string }
  /** An engine in memory, of the hollow location. */
  | { kind: 'hollow' };

export interface HostRecord {
  cloud: string;
  /** A summary for people, derived, never acted on. */
  phase: 'Provisioning' | 'Preparing' | 'Ready' | 'NotReady' | 'Draining' | 'Removing' | 'Lost' | 'Failed';
  /** May be given containers. */
  schedulable: boolean;
  /** Its containers have to move. */
  drain: boolean;
  /** Declared lost by hostpool: its containers may be started elsewhere. */
  lost: boolean;
  /** Destroyed or released: nothing runs there and nothing ever will. */
  gone: boolean;
  /** Its machine is being given back; nothing makes it a host again. */
  removing?: boolean;
  /** IPv4 or IPv6 by which controllers and other hosts reach it; empty until known. */
  address: string;
  /** IPv6 by which other hosts reach it, beside an IPv4 address. */
  address6?: string;
  /** The location's own string, as in the cloud's record. */
  location: string;
  /** What the location calls the machine; empty until known. */
  machineId: string;
  labels: Record<string, string>;
  capacity: Capacity;
  /** Ports that somebody else on the host listens on. */
  foreignPorts: { port: number; protocol: 'tcp' | 'udp' }[];
  /** Has a container controller of its own. */
  agent: boolean;
  /** Absent where the machine is not reached by SSH (localhost, hollow). `hostKey`: `SHA256:…`. */
  ssh?: { user: string; port: number; hostKey: string };
  engine?: EngineEndpoint;
  docker: { version: string };
  /** Hash of what the host was last prepared for; absent until it was. Another one asks for preparation again. */
  prepared?: string;
  /**
   * The network provider that the host has joined: its cloud's once all steps of it were taken, `linux` from the moment
   * that another begins to leave. Absent: nobody has said so yet, as on hosts of an older berth.
   */
  networkProvider?: NetworkRecord['provider'];
  /** When the engine's certificate is to be replaced. */
  renewAt?: Time;
  /** Mirrors of Docker Hub that the location knows of. */
  registryMirrors?: string[];
  /** Name servers of the machine that containers can reach, too: none on a loopback address. */
  nameservers?: string[];
  /** Range of the interface that has its address: `192.0.2.0/24`; absent where none has it. */
  subnet?: string;
  /** MTU of that interface, bytes. */
  mtu?: number;
  /** The engine can start containers through the runtime shim; otherwise a pause container holds the namespace. */
  shim?: boolean;
  conditions: Condition[];
  createdAt: Time;
}

/** Why a container record looks as it does, resolved by the application controller. Design §1.1. */
export interface ContainerRecord {
  /** The application's uid. */
  uid: number;
  cloud: string;
  /** Service id within the application. */
  service: string;
  image: string;
  /** Arguments; absent: the image's. */
  command?: string[];
  entrypoint?: string[];
  user?: string;
  env: Record<string, string>;
  labels: Record<string, string>;
  resources: {
    /** Cores to reserve and to limit to; 0: none asked. */
    cpus: number;
    /** Bytes to reserve and to limit to; 0: none asked. */
    memory: number;
  };
  /** `host: 0` asks for any free port; absent: the port is open on the container's own address only. */
  ports: { port: number; protocol: 'tcp' | 'udp'; host?: number }[];
  /** Names of `networks/`, in order of interfaces: eth0, eth1, … */
  networks: string[];
  volumes: { source: string; target: string; readOnly: boolean }[];
  /** Lines of /etc/hosts. */
  extraHosts: { name: string; address: string }[];
  healthCheck?: { test: string[]; interval: number; timeout: number; retries: number; startPeriod: number };
  restart: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /** Seconds between SIGTERM and SIGKILL. */
  stopGrace: number;
  /** false: stopped. */
  run: boolean;
  update: 'stop-first' | 'start-first';
  /** Placement strategies of the application and the service, after the cloud's. */
  strategies: unknown[];
  /**
   * Incarnations of the same application that its values were taken from: by name of the container, uid of the assignment.
   * Absent: none. Placement starts nothing new with the values of one that is gone.
   */
  resolvedFrom?: Record<string, string>;
  /** Hash of what needs a new container when it changes. */
  spec: string;
}

export interface NetworkClaim {
  /** The application's uid. */
  uid: number;
  cloud: string;
  /** How many containers will join. */
  containers: number;
  /** What the blueprint says of the network; absent: nothing, all of it is chosen. */
  spec?: VirtualNetworkSpec;
}

export interface EntityRecord {
  uid: number;
  type: string;
  name: string;
  sensors: Record<string, unknown>;
  /** The container that was changed in this entity's turn and was neither up nor complete since; the next waits for it. */
  updating?: string;
}

export interface AssignmentRecord {
  /** 20 of a–z0–9, one per incarnation. */
  uid: string;
  cloud: string;
  /** `spec` of the container record that was placed. */
  spec: string;
  /** mod_revision of the container record that it follows. */
  containerRevision: number;
  reserved: { cpus: number; memory: number; ports: PortBinding[] };
  /** uid of the incarnation that goes when this one is healthy. */
  supersedes?: string;
  /** The decision, for `berth why`. */
  because: { by: string; of: number; rejected: Record<string, number>; revision: number };
}

export interface PendingRecord {
  since: Time;
  message: string;
  /** Hosts refused, by filter. */
  rejected: Record<string, number>;
  resources: { cpus: number; memory: number };
  /** Set while its record speaks of incarnations that are gone, and its new one waits for a record that does not. */
  outdated?: {
    /** By name of the container: uid of what is assigned in place of the one that is gone; empty: nothing yet. */
    successors: Record<string, string>;
    /** When these were assigned. */
    since: Time;
  };
  /** By name of a host that has no record and something of this container: since when. Absent: there is none. */
  unrecorded?: Record<string, Time>;
}

export interface NetworkRecord {
  /** Whose it is: uid of the application, or create_revision of the VirtualNetwork. */
  uid: number;
  cloud: string;
  cidr: string;
  gateway: string;
  /** Names of Calico IP pools, in the order they are used. */
  pools: string[];
  /** The range of each of them, in the same order. */
  ranges?: string[];
  blockSize: number;
  provider: 'linux' | 'calico' | 'overlay' | 'cni';
  used: number;
  capacity: number;
  dns: string[];
  /** Closed to other networks; false: open to all. Absent: true. */
  closed?: boolean;
  /** Networks whose members may reach this one's. */
  allowFrom?: string[];
  /** What leaves all pools is masqueraded. Absent: true. */
  natOutgoing?: boolean;
  /** Bytes; absent: the host's own. */
  mtu?: number;
  /** Set, to the millisecond, from the moment its pools give out no more addresses until it is gone. */
  deleting?: Time;
}

export interface EndpointRecord {
  /** The assignment's. */
  uid: string;
  /** Empty, with a `message`, when a network is full. */
  interfaces: {
    network: string;
    /** In the container: eth0, … */
    name: string;
    /** IPv4 where the network has it. */
    address: string;
    /** IPv6, where the network has both. */
    address6?: string;
    /** On the host: `cali` and 11 characters, derived from uid and network. */
    hostInterface: string;
    mac: string;
  }[];
  dns: string[];
  message?: string;
}

export interface ObservedRecord {
  /** The assignment's. */
  uid: string;
  /** `creating`, then Docker's own words: created, running, paused, restarting, removing, exited, dead. */
  state: string;
  /** Docker's id; empty while creating. */
  id: string;
  image: string;
  addresses: Record<string, string>;
  /** `{"8080/tcp": 49153}` */
  ports: Record<string, number>;
  startedAt?: Time;
  restarts: number;
  exitCode?: number;
  health?: 'starting' | 'healthy' | 'unhealthy';
  /** Stopped because its record says `run: false`: started again, whatever its restart policy, when that says true. */
  stopped?: true;
  message?: string;
}

/** What a name resolves to. The record outlives the name until no server holds it any more. */
export interface NameRecord {
  /** Whose name it is: `service/<namespace>/<app>/<service>` or `container/<namespace>/<app>/<name>`. */
  owner: string;
  /** Clouds that its containers have been in: their name servers hold it. */
  clouds: string[];
  /** Seconds. */
  ttl: number;
  /** IPv4 and IPv6, at most 32. */
  addresses: string[];
  /** Where a port is served, by the containers' own names: at most 32. */
  srv?: { target: string; port: number }[];
  /** Of a reverse name. */
  ptr?: string;
  /** It is written below this key for CoreDNS, too: `/skydns`. */
  skydns?: string;
  /** Nothing has the name any more; the record goes when all servers have confirmed that theirs is gone. */
  deleting?: true;
}

export interface SchedulableRecord {
  /** Hosts that may be given containers, for people; what counts is that the key was rewritten. */
  hosts: number;
  at: Time;
  /** mod_revision of the record before, so that no two are equal: the store leaves out what would change nothing. */
  after: number;
}

export interface CredentialsRecord {
  /** PEM, public. */
  ca: string;
  /** age: a `CloudSecrets` as JSON, sealed to the controllers. */
  sealed: string;
}

/** What `credentials/<cloud>` holds once opened. PEM, all of it; `ssh` in OpenSSH's format. */
export interface CloudSecrets {
  ca: { certificate: string; key: string };
  client: { certificate: string; key: string };
  ssh: { privateKey: string; publicKey: string };
}

export interface MachineClaim {
  cloud: string;
  host: string;
  installation: string;
}

export interface EventRecord {
  /** `dockerclouds/my-cloud`: what it is about. */
  about: string;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  controller: string;
  count: number;
  first: Time;
  last: Time;
}

export interface LeaderRecord {
  /** Replica and attempt: unique. */
  identity: string;
  since: Time;
}

export interface MemberRecord {
  /** What it would lead: `placement`, `container/3`. Slots are divided among those who would lead them. */
  leads: string[];
  hostname: string;
  pid: number;
  version: string;
  http?: string;
  since: Time;
}

export interface InstallationRecord {
  /** 20 of a–z0–9. */
  id: string;
  createdAt: Time;
}
