import PQueue from 'p-queue';
import type { ContainerDetails } from '../../lib/docker/index.ts';
import type { HostLink } from '../../lib/machine/index.ts';
import type { View } from '../../lib/store/index.ts';
import type { Failure } from './model.ts';

/** What the container controller is handed beside the store: the ways to hosts, and what it remembers of them. */
export interface ContainerTools {
  /**
   * The way to a host, by its name: engine and network, kept from call to call.
   * @throws BERTH_ENGINE_UNREACHABLE while the records do not say enough
   */
  linkTo(host: string, state: View): Promise<HostLink>;
  memory: Memory;
  /** The host that this process runs on and alone cares for; such a host says `agent: true`, and all others skip it. */
  agentOf?: string;
}

export const containerTools = (given: Omit<ContainerTools, 'memory'>): ContainerTools => ({
  ...given,
  memory: new Memory(),
});

/** What is known of a host from one reconcile to the next. All of it may be lost at any time. */
export interface HostMemory {
  /** Fence revision of the leader that learnt this: the next one starts anew. */
  readonly term: number;
  /** Details by Docker id, as of a state. */
  readonly details: Map<string, ContainerDetails>;
  /** Docker ids that an event spoke of since their details were read. */
  readonly stale: Set<string>;
  readonly failures: Map<string, Failure>;
  /** Stops and pulls under way. */
  readonly busy: Set<string>;
  /** Creates and starts, so many at a time. */
  readonly effects: PQueue;
  readonly pulls: PQueue;
  /** Absent: to be read. */
  namespaces?: ReadonlyMap<string, readonly string[]>;
  /** Addresses that others than berth chose, by namespace and interface. */
  given: ReadonlyMap<string, ReadonlyMap<string, string>>;
  networkIsOld: boolean;
  applied?: string;
  /** Rules and routes are as the last batch left them; false: something was lost. */
  intact: boolean;
  /** When everything was last read afresh (monotonic, milliseconds). */
  readAt: number;
  /** Calls in a row that nobody answered. */
  silences: number;
}

/** Engines start no more than this at once any faster (engineering.md §9). */
const EFFECTS_AT_ONCE = 8;
const PULLS_AT_ONCE = 3;

export class Memory {
  readonly #hosts = new Map<string, HostMemory>();
  readonly #unrecorded = new Map<string, number>();
  /** Of the leads of this moment: each asks for a reconcile of a host, where that is its own. */
  readonly wakers = new Set<(host: string) => void>();

  wake(host: string): void {
    for (const waker of this.wakers) waker(host);
  }

  /** What is known of a host in this term. */
  of(host: string, term: number): HostMemory {
    const known = this.#hosts.get(host);
    if (known?.term === term) return known;
    const fresh: HostMemory = {
      term,
      details: new Map(),
      stale: new Set(),
      failures: new Map(),
      busy: new Set(),
      effects: new PQueue({ concurrency: EFFECTS_AT_ONCE }),
      pulls: new PQueue({ concurrency: PULLS_AT_ONCE }),
      given: new Map(),
      networkIsOld: false,
      intact: true,
      readAt: -Infinity,
      silences: 0,
    };
    this.#hosts.set(host, fresh);
    return fresh;
  }

  /** An event spoke of a container. */
  heard(host: string, containerId: string): void {
    this.#hosts.get(host)?.stale.add(containerId);
  }

  /** Something may have been missed: what is believed of its network is looked at again. */
  missed(host: string): void {
    const memory = this.#hosts.get(host);
    if (memory) memory.networkIsOld = true;
  }

  /** @returns since when a host that has no record has been known to have none (monotonic, milliseconds) */
  unrecorded(host: string, now: number): number {
    const since = this.#unrecorded.get(host) ?? now;
    this.#unrecorded.set(host, since);
    return since;
  }

  recorded(host: string): void {
    this.#unrecorded.delete(host);
  }

  forget(host: string): void {
    this.#hosts.delete(host);
  }
}
