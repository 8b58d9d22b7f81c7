import type { CallLimits } from '../../docker/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { HostNetworkPlan, NamedPolicy } from '../../network/index.ts';
import { type Clock, type Random, sleep } from '../../platform/index.ts';
import type { LocationSpec } from '../../records/index.ts';

export type HollowSpec = Extract<LocationSpec, { driver: 'hollow' }>;

/** A container of an engine in memory. */
export interface HollowContainer {
  id: string;
  name: string;
  image: string;
  labels: Record<string, string>;
  networkMode: string;
  runtime: string;
  restart: string;
  healthCheck: boolean;
  state: 'created' | 'running' | 'exited';
  /** Milliseconds since the epoch; 0: never. */
  startedAt: number;
  exitCode: number;
  error: string;
  restarts: number;
  /** Stopped through the API: the restart policy leaves it alone. */
  stoppedByUser: boolean;
}

/**
 * A machine that exists on paper: its engine's containers and images, its network namespaces, its fences. Plain data
 * with the few things that happen to a machine; `engine.ts` and `network.ts` are the ways in.
 */
export class HollowMachine {
  readonly containers = new Map<string, HollowContainer>();
  readonly images = new Set<string>();
  /** Namespace → addresses of its interfaces by host interface. */
  readonly namespaces = new Map<string, Map<string, string[]>>();
  routes: HostNetworkPlan['routes'] = [];
  /** Who reaches whom, by host interface; one without any is reached by nobody. */
  readonly policies = new Map<string, NamedPolicy>();
  /** Installations whose routes and rules are as their last batch left them. */
  readonly intact = new Set<string>();
  publishedPorts = new Map<string, string>();
  /** Highest fence by controller: on disk, so it outlives a reboot. */
  readonly fences = new Map<string, number>();
  /** Who is told whenever containers, network or fences changed. */
  readonly observers = new Set<(machine: HollowMachine) => void>();
  /** Who is told of containers made, started, dead and gone, as the engine's events are. */
  readonly listeners = new Set<(container: HollowContainer, action: string) => void>();

  /** false: nothing gets through, in either direction. */
  reachable = true;
  /** Added to every call, milliseconds: half as much at least, half as much again at most. */
  slowMs = 0;
  /** References that no registry serves, for now. */
  readonly refusedImages = new Set<string>();
  /** Starts go one after the other; when the last of them is done (monotonic). */
  startsUntil = 0;

  readonly host: string;
  readonly cloud: string;
  readonly installation: string;
  readonly address: string;
  readonly spec: HollowSpec;
  readonly labels: Record<string, string>;
  readonly clock: Clock;
  readonly random: Random;

  constructor(identity: {
    host: string;
    cloud: string;
    installation: string;
    address: string;
    spec: HollowSpec;
    labels: Record<string, string>;
    clock: Clock;
    random: Random;
  }) {
    this.host = identity.host;
    this.cloud = identity.cloud;
    this.installation = identity.installation;
    this.address = identity.address;
    this.spec = identity.spec;
    this.labels = identity.labels;
    this.clock = identity.clock;
    this.random = identity.random;
  }

  /**
   * One exchange with the machine: there, the effect, and back. A machine that cannot be reached swallows what it is
   * sent; one that is cut off in between has done it and cannot say so.
   */
  async exchange<T>(effect: () => T | Promise<T>, { signal, timeoutMs = 60_000 }: CallLimits = {}): Promise<T> {
    const deadline = this.clock.monotonic() + timeoutMs;
    const way = 1 + this.slowMs * (this.slowMs > 0 ? 0.5 + this.random.next() : 0);
    await sleep(this.clock, Math.min(way, timeoutMs), signal);
    if (way >= timeoutMs || !this.reachable) return this.#silence(deadline, signal);
    const result = await effect();
    if (!this.reachable) return this.#silence(deadline, signal);
    return result;
  }

  async #silence(deadline: number, signal: AbortSignal | undefined): Promise<never> {
    await sleep(this.clock, Math.max(0, deadline - this.clock.monotonic()), signal);
    throw new BerthError('BERTH_ENGINE_UNREACHABLE', `${this.host} does not answer`);
  }

  tell(container: HollowContainer, action: string): void {
    for (const listener of this.listeners) listener(container, action);
    this.changed();
  }

  changed(): void {
    for (const observer of this.observers) observer(this);
  }

  /** A container's process ends; the restart policy starts it again at once where it says so. */
  crash(id: string, exitCode: number): void {
    const container = this.containers.get(id);
    if (container?.state !== 'running') return;
    container.state = 'exited';
    container.exitCode = exitCode;
    this.tell(container, 'die');
    const again =
      container.restart === 'always' ||
      container.restart === 'unless-stopped' ||
      (container.restart === 'on-failure' && exitCode !== 0);
    if (again) this.#restart(container);
  }

  /** Power off and on: processes and namespaces are gone, disks and fences are not. */
  reboot(): void {
    this.namespaces.clear();
    this.loseRules();
    for (const container of this.containers.values()) {
      const ran = container.state === 'running';
      if (ran) {
        container.state = 'exited';
        this.tell(container, 'die');
      }
      const again =
        container.restart === 'always' || (container.restart === 'unless-stopped' && !container.stoppedByUser);
      if (again) this.#restart(container);
    }
  }

  /** Somebody flushes rules and routes. */
  loseRules(): void {
    this.publishedPorts.clear();
    this.policies.clear();
    this.routes = [];
    this.intact.clear();
  }

  #restart(container: HollowContainer): void {
    const refused = this.startRefused(container);
    if (refused) {
      container.error = refused;
      return;
    }
    container.state = 'running';
    container.restarts++;
    container.startedAt = this.clock.now();
    this.tell(container, 'start');
  }

  /** Why the engine would refuse to start it, as the runtime shim would say it. */
  startRefused(container: HollowContainer): string | undefined {
    const namespace = namespaceOf(container.id);
    if (container.runtime === 'berth' && !this.namespaces.has(namespace)) return `no network namespace ${namespace}`;
    return undefined;
  }
}

/** Design §1.3: the namespace that a container joins. */
const namespaceOf = (id: string): string => `berth-${id.slice(0, 12)}`;
