import { nameOf as calicoNameOf, kindOf, ORCHESTRATOR, parseWorkloadEndpointName } from '../../lib/calico/index.ts';
import type { Change, Entry, View } from '../../lib/store/index.ts';
import { type Follower, following, isA } from './following.ts';

/** Who joins which network, and from which clouds; which workload endpoints of ours a host has. */
export class Membership implements Follower {
  /** Ids by the network that they join. */
  readonly #containers = new SetsByName();
  readonly #endpoints = new SetsByName();
  /** Ids of our workload endpoints, by host. */
  readonly #workloads = new SetsByName();
  /** How many containers of a cloud join a network, by network and cloud. */
  readonly #clouds = new Map<string, Map<string, number>>();

  static readonly of: (view: View) => Membership = following(
    ['containers', 'endpoints', 'calico'],
    () => new Membership(),
  );

  /** Ids of the containers that are to join a network, in order. */
  containersOn = (network: string): string[] => this.#containers.sorted(network);

  /** How many they are. */
  joining = (network: string): number => this.#containers.count(network);

  /** Names of the clouds that they are in, in order. */
  cloudsOn = (network: string): string[] => [...(this.#clouds.get(network)?.keys() ?? [])].sort();

  /** Ids of the endpoints that have an interface on a network, in order. */
  endpointsOn = (network: string): string[] => this.#endpoints.sorted(network);

  /** Whether any has. */
  hasEndpoints = (network: string): boolean => this.#endpoints.count(network) > 0;

  /** Ids of the workload endpoints of ours on a host, in order. */
  workloadsOn = (host: string): string[] => this.#workloads.sorted(host);

  apply({ kind, id, before, after }: Change): void {
    if (kind === 'calico') this.#applyWorkload(id, after !== undefined);
    else if (kind === 'endpoints') this.#endpoints.move(id, before && networksOf(before), after && networksOf(after));
    else if (kind === 'containers') {
      this.#containers.move(id, before && networksOf(before), after && networksOf(after));
      if (after) this.#count(after, 1);
      if (before) this.#count(before, -1);
    }
  }

  #count(container: Entry, change: 1 | -1): void {
    if (!isA('containers', container)) return;
    const { cloud } = container.value;
    for (const network of networksOf(container)) {
      const clouds = this.#clouds.get(network) ?? new Map<string, number>();
      const count = (clouds.get(cloud) ?? 0) + change;
      if (count > 0) clouds.set(cloud, count);
      else clouds.delete(cloud);
      if (clouds.size > 0) this.#clouds.set(network, clouds);
      else this.#clouds.delete(network);
    }
  }

  #applyWorkload(id: string, exists: boolean): void {
    if (kindOf(id) !== 'workloadEndpoint') return;
    const name = parseWorkloadEndpointName(calicoNameOf(id));
    if (name?.orchestrator !== ORCHESTRATOR) return;
    this.#workloads.move(id, exists ? [] : [name.node], exists ? [name.node] : []);
  }
}

/** Names of the networks that a container is to join, or that an endpoint is on. */
function networksOf(entry: Entry): string[] {
  if (isA('containers', entry)) return entry.value.networks;
  return isA('endpoints', entry) ? entry.value.interfaces.map(({ network }) => network) : [];
}

/** Ids by what they belong to. */
class SetsByName {
  readonly #sets = new Map<string, Set<string>>();

  count = (name: string): number => this.#sets.get(name)?.size ?? 0;

  sorted = (name: string): string[] => [...(this.#sets.get(name) ?? [])].sort();

  /** Moves an id from where it belonged to where it belongs. */
  move(id: string, from: readonly string[] = [], to: readonly string[] = []): void {
    for (const name of from) {
      const ids = this.#sets.get(name);
      ids?.delete(id);
      if (ids?.size === 0) this.#sets.delete(name);
    }
    for (const name of to) this.#sets.set(name, (this.#sets.get(name) ?? new Set()).add(id));
  }
}
