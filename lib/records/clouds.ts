/** What an accepted DockerCloud says, defaults filled in. Bytes, cores and seconds as numbers. crds/dockercloud.yaml describes each field. */
export interface DockerCloudSpec {
  /** One or more: what hosts are taken from, in order. */
  location: LocationSpec[];
  ssh: { user: string; privateKeyFile?: string; hostKeys: Record<string, string> };
  hosts: { min: number; max: number };
  machine: { minCores: number; minRam: number; labels: Record<string, string> };
  docker: {
    storageDriver?: string;
    logDriver?: string;
    registryMirrors: string[];
    insecureRegistries: string[];
    volumes: Record<string, string>;
    daemon: Record<string, unknown>;
  };
  tls: { generate: boolean };
  network: { provider: 'linux' | 'calico' | 'overlay' | 'cni' };
  swarm: { enabled: boolean };
  placement: { strategies: unknown[] };
  deletion: 'wait' | 'cascade';
}

/** A location string of the talk, parsed; or the map form. `text` is how it was written, normalised. */
export type LocationSpec =
  | { driver: 'byon'; text: string; machines: { address: string; port: number; user?: string }[] }
  | { driver: 'localhost'; text: string }
  | { driver: 'sandbox'; text: string; image?: string; cpus?: number; memory?: number }
  | {
      driver: 'hollow';
      text: string;
      cpus: number;
      memory: number;
      zones: number;
      /** Milliseconds that an engine takes to start a container. */
      startMs: number;
      /** Share of starts that fail, 0 to 1. */
      failureRate: number;
    };
