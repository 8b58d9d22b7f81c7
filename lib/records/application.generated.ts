// Generated from crds/application.yaml by `npm run generate`. Do not edit.

import type { BlueprintNetwork, LinkSpec, MappedPort, PortSpec, ServiceSpec, Value, VolumeSpec } from './applications.ts';
import type { StrategySpec } from './clouds.ts';

/**
 * The blueprint. (As accepted: defaults filled in; bytes, cores and seconds as numbers.)
 */
export interface AcceptedBlueprint {
  /**
   * The blueprint's own id. The key names the application; this need not match it.
   */
  id?: string;
  /**
   * A name for people.
   */
  name?: string;
  /**
   * What the application is, for people.
   */
  description?: string;
  /**
   * Where the blueprint comes from, for people; mostly a URL.
   */
  origin?: string;
  /**
   * The DockerCloud that the application runs in, by name. A cloud that does not exist yet is waited for.
   */
  location?: string;
  /**
   * The same as a list, as Brooklyn has it. One entry.
   */
  locations?: string;
  /**
   * Placement strategies for all services, after the cloud's; see dockercloud.spec.placement.strategies.
   */
  strategies: StrategySpec[];
  /**
   * Networks that all services join, before those that they name themselves. Without any the application has one of its own, `default`.
   */
  networks: string[];
  /**
   * Configuration that services inherit.
   */
  'brooklyn.config'?: {
    [k: string]: unknown;
  };
  /**
   * Policies that act on sensors.
   */
  'brooklyn.policies'?: unknown[];
  /**
   * Sensors made from other sensors.
   */
  'brooklyn.enrichers'?: unknown[];
  /**
   * What runs when the entity is made.
   */
  'brooklyn.initializers'?: unknown[];
  /**
   * Parameters that the blueprint declares.
   */
  'brooklyn.parameters'?: unknown[];
  /**
   * The services.
   *
   * Items: A service: one image, and how its containers run. Configuration stands beside `type` or under `brooklyn.config`. Or a network of the application, of type `brooklyn.networking.VirtualNetwork`: it has a `networkId`, which services name in `networks`, and the fields of a VirtualNetwork (`berth explain virtualnetwork.spec`); no container is started for it. Its `dnsServers` may be expressions: services that join it start when these are known, except those that they ask, and what these wait for. Another value reaches the containers that are created from then on.
   */
  services: (ServiceSpec | BlueprintNetwork)[];
}

/**
 * A service: one image, and how its containers run. Configuration stands beside `type` or under `brooklyn.config`. Or a network of the application, of type `brooklyn.networking.VirtualNetwork`: it has a `networkId`, which services name in `networks`, and the fields of a VirtualNetwork (`berth explain virtualnetwork.spec`); no container is started for it. Its `dnsServers` may be expressions: services that join it start when these are known, except those that they ask, and what these wait for. Another value reaches the containers that are created from then on. (As accepted: defaults filled in; bytes, cores and seconds as numbers.)
 */
export interface AcceptedService {
  /**
   * What it is: `docker:` and any image reference that Docker understands (`docker:redis:3`, `docker:host:5000/team/app:1.2@sha256:…`), or `brooklyn.networking.VirtualNetwork` (also as `clocker.docker.networking.entity.VirtualNetwork`).
   */
  type: string;
  /**
   * Its name within the application, a DNS label of at most 58 characters. Containers are named `<id>-0`, `<id>-1`, … The default is the last part of the image's name without the tag.
   */
  id?: string;
  /**
   * A name for people.
   */
  name?: string;
  /**
   * The DockerCloud of this service; so far the application's own.
   */
  location?: string;
  /**
   * The same configuration as beside `type`, as Brooklyn has it. A field stands in one of the two places.
   */
  'brooklyn.config'?: {
    [k: string]: unknown;
  };
  /**
   * Entities below this one.
   */
  'brooklyn.children'?: unknown[];
  /**
   * Policies that act on sensors.
   */
  'brooklyn.policies'?: unknown[];
  /**
   * Sensors made from other sensors.
   */
  'brooklyn.enrichers'?: unknown[];
  /**
   * What runs when the entity is made.
   */
  'brooklyn.initializers'?: unknown[];
  /**
   * Parameters that the entity declares.
   */
  'brooklyn.parameters'?: unknown[];
  /**
   * How many containers.
   */
  replicas: number;
  /**
   * Ports open on the container's address, and on a port of the host that berth chooses. One, or a list; `53/udp` for UDP.
   */
  openPorts: PortSpec[];
  /**
   * Ports published on the same port of the host. One, or a list; `53/udp` for UDP.
   */
  directPorts: PortSpec[];
  /**
   * Ports published on given ports of the host: a map of host port to container port (`{80: 8080}`), or a list of such maps, of strings (`80:8080`, `53:5353/udp`), or of ports that are the same on both sides.
   */
  mappedPorts: MappedPort[];
  /**
   * The same as mappedPorts; both are taken together.
   */
  portBindings: MappedPort[];
  /**
   * Environment variables: a map, or a list of `NAME=value`. A value may be an expression (`$brooklyn:…`), evaluated once what it waits for is known.
   */
  env: Record<string, Value>;
  /**
   * Arguments in place of the image's: a list, or a string that is split as a shell would, without a shell. Without it, the image's own.
   */
  command?: Value[];
  /**
   * The same as command, as Clocker calls it.
   */
  commands?: Value[];
  /**
   * The program in place of the image's entry point; a list, or a string that is split as a shell would.
   */
  entrypoint?: string[];
  /**
   * User, and group after a colon, by name or number. Without it, the image's own.
   */
  user?: string;
  /**
   * What is mounted: a list of `source:target[:ro]`, or a map of source to target. The source is an absolute path on the host, or the name of a volume there.
   */
  volumes: VolumeSpec[];
  /**
   * Labels of the containers; a map, or a list of `name=value`. Names that begin with `io.berth.` are berth's own.
   */
  labels: Record<string, string>;
  /**
   * Services that must be up first, by alias: `{redis: $brooklyn:component("redis-service")}`, or the plain id; or a list of ids, `id:alias` or such maps. The container gets the variables of Docker's links (`REDIS_PORT_6379_TCP_ADDR`, …) and a line in /etc/hosts.
   */
  links: LinkSpec[];
  /**
   * Cores to reserve and to limit to (`2`, `0.5`, `500m`). 0 reserves nothing and does not limit. As a number of cores.
   */
  cpus: number;
  /**
   * Memory to reserve and to limit to, in bytes (`512Mi`, `4g`), at least 6 MiB. 0 reserves nothing and does not limit. As a number of bytes.
   */
  memory: number;
  /**
   * When the engine starts a container that exited again. Under `no` and `on-failure` one that exited with 0 is complete, and counts for the application's `Ready` as one that is up does; what is linked to it waits all the same.
   */
  restart: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /**
   * How the engine finds out whether a container is healthy. Without it, the image's own check, if any.
   */
  healthCheck?: {
    /**
     * A command that exits with 0 when all is well. A string is run by a shell in the container; a list is run as it is; `[NONE]` turns the image's check off.
     */
    test: string[];
    /**
     * Time between two checks, at least 1 s. As a number of seconds.
     */
    interval: number;
    /**
     * Time until a check counts as failed, at least 1 s. As a number of seconds.
     */
    timeout: number;
    /**
     * Failures in a row that make a container unhealthy.
     */
    retries: number;
    /**
     * Time at the start in which failures do not count. As a number of seconds.
     */
    startPeriod: number;
  };
  /**
   * Time to stop before it is killed, at most 1h (`10s`); in seconds where it is a number. As a number of seconds.
   */
  stopGrace: number;
  /**
   * Placement strategies for this service, after the application's; see dockercloud.spec.placement.strategies.
   */
  strategies: StrategySpec[];
  /**
   * The network to join, as networks with one entry.
   */
  network?: string;
  /**
   * Networks to join, an interface for each, in order: eth0, which has the default route, eth1, … `default` is the application's own; others are a `networkId` that the blueprint declares, or else a VirtualNetwork, which is waited for while it does not exist. Those of the application come first. Without any, `default`.
   */
  networks?: string[];
  /**
   * Networks to join beside the application's own, as Clocker calls it: the application's `networks`, or else `default`, come first.
   */
  'network.list'?: string[];
}
