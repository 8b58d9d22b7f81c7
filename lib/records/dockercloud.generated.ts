// Generated from crds/dockercloud.yaml by `npm run generate`. Do not edit.

import type { LocationSpec, StrategySpec } from './clouds.ts';

/**
 * What the cloud should be.
 */
export interface DockerCloudWritten {
  /**
   * Where machines come from: one location or a list of them, used in order. A location is a string, or a map with `driver`. `byon:(hosts="10.0.0.{1,2-9},user@h:port")` is a list of machines that exist and are reached by SSH (some 25,000 at most; braces hold items and ranges); `localhost` is the engine of the machine that the controllers run on; `sandbox` makes machines as containers on that engine; `hollow` makes machines that exist on paper only, `{driver: hollow, cpus: 16, memory: 64g, zones: 10, startMs: 200, failureRate: 0}` says of what kind; `jclouds:<provider>[:<region>]` takes them from a cloud provider.
   */
  location: string | {} | (string | {})[];
  /**
   * How machines are reached by SSH. Not used for localhost and hollow.
   */
  ssh?: {
    /**
     * The user to log in as, root or able to sudo without a password. A location can name another for a machine (`user@host`).
     */
    user?: string;
    /**
     * Path of a private key on the machine of the controllers, in OpenSSH's format, without a passphrase. Without one the cloud's own key is used, which berth generates; it has to be let in by the machines.
     */
    privateKeyFile?: string;
    /**
     * Fingerprints of the machines' host keys, by address or `address:port`, as `ssh-keygen -l` prints them. A machine whose key is neither named here nor known to its location is not contacted.
     */
    hostKeys?: {
      [k: string]: string;
    };
  };
  /**
   * How many hosts the cloud has. The pool never leaves these bounds.
   */
  hosts?: {
    /**
     * Hosts that there are always.
     */
    min?: number;
    /**
     * Hosts that there are at most. The default is 10, or `min` where that is more.
     */
    max?: number;
  };
  /**
   * What a machine must offer to be taken as a host.
   */
  machine?: {
    /**
     * Cores at least, in cores (`2`, `1.5`, `500m`).
     */
    minCores?: string | number;
    /**
     * Memory at least, in bytes (`4g`, `512Mi`).
     */
    minRam?: string | number;
    /**
     * Labels of each host, for strategies to ask for.
     */
    labels?: {
      [k: string]: string;
    };
  };
  /**
   * How Docker Engine is set up on each host.
   */
  docker?: {
    /**
     * Storage driver of the engine. Without one the engine chooses.
     */
    storageDriver?: string;
    /**
     * Log driver of the engine. Without one the engine chooses; `berth logs` needs one that can be read, such as json-file or local.
     */
    logDriver?: string;
    /**
     * Mirrors of Docker Hub, asked before it, as URLs.
     */
    registryMirrors?: string[];
    /**
     * Registries that are reached without TLS or without verifying it, as `host[:port]` or a CIDR.
     */
    insecureRegistries?: string[];
    /**
     * Directories of the host that every container gets, as `source on the host` to `target in the container`, absolute paths.
     */
    volumes?: {
      [k: string]: string;
    };
    /**
     * Further options of the engine's daemon.json, as Docker documents them; they win over what berth sets, but hosts, tls, tlsverify, tlscacert, tlscert and tlskey stay berth's.
     */
    daemon?: {
      [k: string]: unknown;
    };
  };
  /**
   * How the controllers and the engines trust each other.
   */
  tls?: {
    /**
     * Generate a certificate authority for the cloud, and certificates that renew themselves.
     */
    generate?: boolean;
  };
  /**
   * How containers are networked.
   */
  network?: {
    /**
     * Who makes the network on the hosts. `linux`: Calico's records, with routes and nftables of the kernel alone; `calico`: the same records, with calico/node on each host; `overlay`: Docker's own; `cni`: a plugin list of the user's.
     */
    provider?: 'linux' | 'calico' | 'overlay' | 'cni';
  };
  /**
   * Docker Swarm.
   */
  swarm?: {
    /**
     * Join the hosts into one swarm.
     */
    enabled?: boolean;
  };
  /**
   * How a host is chosen for a container.
   */
  placement?: {
    /**
     * Filters and orders, applied one after the other; then those of the application and of the service. `depthFirst` fills one host first, `breadthFirst` goes round, `random` shuffles, `leastContainers` takes the emptiest, `{maxContainers: 16}` refuses a host that has so many. Hosts that cannot hold a container's cpus, memory or host ports never get it.
     */
    strategies?: (string | {})[];
  };
  /**
   * Spare room to keep, so that containers start without waiting for a machine. Without it the cloud keeps `hosts.min` hosts.
   */
  headroom?: {
    /**
     * Room for so many more containers.
     */
    containers?: number;
    /**
     * Room for so many percent of all the containers that fit.
     */
    percent?: number;
    /**
     * Cores to keep free.
     */
    cpu?: string | number;
    /**
     * Memory to keep free, in bytes (`4g`).
     */
    memory?: string | number;
    /**
     * When hosts that are not needed go.
     */
    scaleDown?: {
      /**
       * Remove hosts that are not needed, never below `hosts.min`.
       */
      enabled?: boolean;
      /**
       * How long a host must not have been needed (`5m`), in seconds where it is a number.
       */
      delay?: string | number;
    };
  };
  /**
   * What happens to applications on the cloud when its record is deleted. `wait`: the cloud stays until they are gone; `cascade`: they are stopped with it.
   */
  deletion?: 'wait' | 'cascade';
}

/**
 * What the cloud should be. (as accepted)
 */
export interface DockerCloudSpec {
  /**
   * Where machines come from: one location or a list of them, used in order. A location is a string, or a map with `driver`. `byon:(hosts="10.0.0.{1,2-9},user@h:port")` is a list of machines that exist and are reached by SSH (some 25,000 at most; braces hold items and ranges); `localhost` is the engine of the machine that the controllers run on; `sandbox` makes machines as containers on that engine; `hollow` makes machines that exist on paper only, `{driver: hollow, cpus: 16, memory: 64g, zones: 10, startMs: 200, failureRate: 0}` says of what kind; `jclouds:<provider>[:<region>]` takes them from a cloud provider.
   */
  location: LocationSpec[];
  /**
   * How machines are reached by SSH. Not used for localhost and hollow.
   */
  ssh: {
    /**
     * The user to log in as, root or able to sudo without a password. A location can name another for a machine (`user@host`).
     */
    user: string;
    /**
     * Path of a private key on the machine of the controllers, in OpenSSH's format, without a passphrase. Without one the cloud's own key is used, which berth generates; it has to be let in by the machines.
     */
    privateKeyFile?: string;
    /**
     * Fingerprints of the machines' host keys, by address or `address:port`, as `ssh-keygen -l` prints them. A machine whose key is neither named here nor known to its location is not contacted.
     */
    hostKeys: {
      [k: string]: string;
    };
  };
  /**
   * How many hosts the cloud has. The pool never leaves these bounds.
   */
  hosts: {
    /**
     * Hosts that there are always.
     */
    min: number;
    /**
     * Hosts that there are at most. The default is 10, or `min` where that is more.
     */
    max: number;
  };
  /**
   * What a machine must offer to be taken as a host.
   */
  machine: {
    /**
     * Cores at least, in cores (`2`, `1.5`, `500m`). As a number of cores.
     */
    minCores: number;
    /**
     * Memory at least, in bytes (`4g`, `512Mi`). As a number of bytes.
     */
    minRam: number;
    /**
     * Labels of each host, for strategies to ask for.
     */
    labels: Record<string, string>;
  };
  /**
   * How Docker Engine is set up on each host.
   */
  docker: {
    /**
     * Storage driver of the engine. Without one the engine chooses.
     */
    storageDriver?: string;
    /**
     * Log driver of the engine. Without one the engine chooses; `berth logs` needs one that can be read, such as json-file or local.
     */
    logDriver?: string;
    /**
     * Mirrors of Docker Hub, asked before it, as URLs.
     */
    registryMirrors: string[];
    /**
     * Registries that are reached without TLS or without verifying it, as `host[:port]` or a CIDR.
     */
    insecureRegistries: string[];
    /**
     * Directories of the host that every container gets, as `source on the host` to `target in the container`, absolute paths.
     */
    volumes: {
      [k: string]: string;
    };
    /**
     * Further options of the engine's daemon.json, as Docker documents them; they win over what berth sets, but hosts, tls, tlsverify, tlscacert, tlscert and tlskey stay berth's.
     */
    daemon: {
      [k: string]: unknown;
    };
  };
  /**
   * How the controllers and the engines trust each other.
   */
  tls: {
    /**
     * Generate a certificate authority for the cloud, and certificates that renew themselves.
     */
    generate: boolean;
  };
  /**
   * How containers are networked.
   */
  network: {
    /**
     * Who makes the network on the hosts. `linux`: Calico's records, with routes and nftables of the kernel alone; `calico`: the same records, with calico/node on each host; `overlay`: Docker's own; `cni`: a plugin list of the user's.
     */
    provider: 'linux' | 'calico' | 'overlay' | 'cni';
  };
  /**
   * Docker Swarm.
   */
  swarm: {
    /**
     * Join the hosts into one swarm.
     */
    enabled: boolean;
  };
  /**
   * How a host is chosen for a container.
   */
  placement: {
    /**
     * Filters and orders, applied one after the other; then those of the application and of the service. `depthFirst` fills one host first, `breadthFirst` goes round, `random` shuffles, `leastContainers` takes the emptiest, `{maxContainers: 16}` refuses a host that has so many. Hosts that cannot hold a container's cpus, memory or host ports never get it.
     */
    strategies: StrategySpec[];
  };
  /**
   * Spare room to keep, so that containers start without waiting for a machine. Without it the cloud keeps `hosts.min` hosts.
   */
  headroom?: {
    /**
     * Room for so many more containers.
     */
    containers?: number;
    /**
     * Room for so many percent of all the containers that fit.
     */
    percent?: number;
    /**
     * Cores to keep free. As a number of cores.
     */
    cpu?: number;
    /**
     * Memory to keep free, in bytes (`4g`). As a number of bytes.
     */
    memory?: number;
    /**
     * When hosts that are not needed go.
     */
    scaleDown: {
      /**
       * Remove hosts that are not needed, never below `hosts.min`.
       */
      enabled: boolean;
      /**
       * How long a host must not have been needed (`5m`), in seconds where it is a number. As a number of seconds.
       */
      delay: number;
    };
  };
  /**
   * What happens to applications on the cloud when its record is deleted. `wait`: the cloud stays until they are gone; `cascade`: they are stopped with it.
   */
  deletion: 'wait' | 'cascade';
}
