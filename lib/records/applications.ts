/** What an accepted Application says: a blueprint of docker: services, normalised. crds/application.yaml describes each field. */
export interface ApplicationSpec {
  name?: string;
  origin?: string;
  /** Name of a DockerCloud. */
  location: string;
  services: ServiceSpec[];
}

export interface PortSpec {
  port: number;
  protocol: 'tcp' | 'udp';
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
  mappedPorts: (PortSpec & { host: number })[];
  env: Record<string, Value>;
  command?: Value[];
  entrypoint?: string[];
  user?: string;
  volumes: { source: string; target: string; readOnly: boolean }[];
  labels: Record<string, string>;
  /** Alias to service id. */
  links: { alias: string; service: string }[];
  /** Cores; 0: no limit. */
  cpus: number;
  /** Bytes; 0: no limit. */
  memory: number;
  restart: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  healthCheck?: { test: string[]; interval: number; timeout: number; retries: number; startPeriod: number };
  /** Seconds. */
  stopGrace: number;
  strategies: unknown[];
}
