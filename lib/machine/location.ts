import type { Engine } from '../docker/index.ts';
import type { CloudSecrets, DockerCloudSpec, EngineEndpoint, LocationSpec } from '../records/index.ts';
import type { Shell } from '../ssh/index.ts';

/** A machine as a location knows it. */
export interface Machine {
  /** Name of the host it was made for: its tag, its client token. Unique. */
  host: string;
  cloud: string;
  /** What the location calls it. */
  id: string;
  /** Empty until known. */
  address: string;
  state: 'starting' | 'running' | 'stopped';
  labels: Record<string, string>;
  /** Absent where it is not reached by SSH. `hostKeys` as the location itself knows them, over a channel that is trusted. */
  ssh?: { user: string; port: number; hostKeys: string[] };
  /** How its engine is reached once prepared. */
  engine: EngineEndpoint;
  /** Machines that need no preparation: hollow. */
  prepared: boolean;
  /** Mirrors of Docker Hub that the location itself knows of, as URLs, beside those of the cloud's record. */
  registryMirrors?: string[];
  /** What the machine was limited to, where its engine would count more than that. */
  limits?: { cpus?: number; memory?: number };
}

export interface MachineRequest {
  host: string;
  cloud: string;
  installation: string;
  spec: DockerCloudSpec;
  location: LocationSpec;
  /** The cloud's own SSH key, to be let in by. */
  sshPublicKey: string;
  /**
   * The machine that this host has: what an earlier `create` answered, or with byon what hostpool has claimed for it,
   * `address:port`. One that is gone is not made anew: its host goes with it.
   */
  claimed?: string;
}

/**
 * A location: where machines come from. Three idempotent verbs; state lives in the machines' tags and in `hosts/`,
 * so that a crash in the middle leaks nothing. The host's name is the client token.
 */
export interface Location {
  /** Everything of this installation and cloud, also half made. */
  list(
    request: { cloud: string; installation: string; spec: DockerCloudSpec; location: LocationSpec },
    signal: AbortSignal,
  ): Promise<Machine[]>;
  /**
   * Makes the machine, or answers the one that this host name already made.
   * @throws BERTH_NO_MACHINE when none is left; BERTH_LOCATION otherwise
   */
  create(request: MachineRequest, signal: AbortSignal): Promise<Machine>;
  /** Gone or never there counts as done. */
  destroy(
    machine: { host: string; cloud: string; id: string; installation: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** byon, localhost: the machines there are, as `address:port`; hostpool claims one before `create`. Absent: unlimited. */
  pool?(location: LocationSpec): string[];
}

/** All drivers, by name. */
export type Locations = Record<LocationSpec['driver'], Location>;

/** The way to a host: its engine, its shell. Made from the host record and the cloud's secrets; cached by both. */
export interface HostLink {
  engine: Engine;
  /** Absent for hollow hosts. */
  shell?: Shell;
  network: import('../network/index.ts').HostNetwork;
}

export interface HostLinks {
  /** @throws BERTH_ENGINE_UNREACHABLE when the record does not say enough yet */
  link(
    host: {
      name: string;
      cloud: string;
      address: string;
      ssh?: { user: string; port: number; hostKey: string };
      engine?: EngineEndpoint;
    },
    secrets: CloudSecrets | undefined,
    spec: DockerCloudSpec,
  ): HostLink;
  /** Drops connections to a host that is gone. */
  drop(host: string): void;
}
