import type { StrategySpec } from './clouds.ts';
import type { VirtualNetworkSpec } from './virtualnetwork.generated.ts';

/** What an accepted Application says: a blueprint of docker: services and networks, normalised. crds/application.yaml describes each field. */
export interface ApplicationSpec {
  name?: string;
  origin?: string;
  /** Name of a DockerCloud. */
  location: string;
  services: ServiceSpec[];
  /** Networks of its own that it says something of; absent: none. */
  virtualNetworks?: BlueprintNetwork[];
}

/** A network that a blueprint declares among its services, in the talk's form. */
export interface BlueprintNetwork {
  /** Of its entity. */
  id: string;
  /** Its name within the application. */
  networkId: string;
  /** As written: `brooklyn.networking.VirtualNetwork`. */
  type: string;
  name?: string;
  /** As of a VirtualNetwork; name servers may be known only later. */
  spec: Omit<VirtualNetworkSpec, 'dnsServers'> & { dnsServers: Value[] };
}

export interface PortSpec {
  port: number;
  protocol: 'tcp' | 'udp';
}

/** A port of the container on a given port of the host. */
export interface MappedPort extends PortSpec {
  host: number;
}

export interface VolumeSpec {
  /** An absolute path on the host, or the name of a volume there. */
  source: string;
  target: string;
  readOnly: boolean;
}

/** The service is up first; its address is known to the container by the alias. */
export interface LinkSpec {
  alias: string;
  /** Id of a service of the same application. */
  service: string;
}

/** A value that may stand for something known only later: a literal, or a `$brooklyn:` expression as written. */
export type Value = string | { $brooklyn: string };

export interface ServiceSpec {
  id: string;
  name?: string;
  image: string;
  replicas: number;
  /** Open on the container's address, and on a host port that is chosen. */
  openPorts: PortSpec[];
  /** The same port on the host. */
  directPorts: PortSpec[];
  /** Host port to container port. */
  mappedPorts: MappedPort[];
  env: Record<string, Value>;
  command?: Value[];
  entrypoint?: string[];
  user?: string;
  volumes: VolumeSpec[];
  labels: Record<string, string>;
  links: LinkSpec[];
  /** Networks to join, in order of interfaces, each once: `default`, a networkId of the blueprint, or a VirtualNetwork. Absent: `default`. */
  networks?: string[];
  /** Cores; 0: no limit. */
  cpus: number;
  /** Bytes; 0: no limit. */
  memory: number;
  restart: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /** `test` in Docker's form; times in seconds. */
  healthCheck?: { test: string[]; interval: number; timeout: number; retries: number; startPeriod: number };
  /** Seconds. */
  stopGrace: number;
  /** The application's, then the service's own; they come after the cloud's. */
  strategies: StrategySpec[];
}
