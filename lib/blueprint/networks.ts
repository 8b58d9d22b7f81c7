/** Which networks an application's services join, and what is said of those that are its own. */

import type { ApplicationSpec, BlueprintNetwork, ServiceSpec } from '../records/index.ts';

/** The network that an application has unless its services name others. */
export const DEFAULT_NETWORK = 'default';

/** Name of an application's own network, under `networks/`. */
export const networkName = (namespace: string, app: string, network: string): string =>
  `${namespace}.${app}.${network}`;

/** Where an application is. */
export interface Home {
  namespace: string;
  app: string;
}

/** What a service joins, as the blueprint says it, in order of interfaces. */
export const joinedBy = ({ networks = [DEFAULT_NETWORK] }: ServiceSpec): readonly string[] => networks;

/** Networks that the blueprint declares, by networkId. */
export const declaredIn = ({ virtualNetworks = [] }: ApplicationSpec): ReadonlyMap<string, BlueprintNetwork> =>
  new Map(virtualNetworks.map((network) => [network.networkId, network]));

/** `default` and what the blueprint declares are its own; any other name is a VirtualNetwork's. */
const isOwn = (name: string, { virtualNetworks = [] }: ApplicationSpec): boolean =>
  name === DEFAULT_NETWORK || virtualNetworks.some(({ networkId }) => networkId === name);

/** The name under `networks/` of what a blueprint names. */
export const resolveNetwork = (name: string, spec: ApplicationSpec, { namespace, app }: Home): string =>
  isOwn(name, spec) ? networkName(namespace, app, name) : name;

/** Names under `networks/` of what a service joins, in order of interfaces. */
export const networksOf = (service: ServiceSpec, spec: ApplicationSpec, home: Home): string[] =>
  joinedBy(service).map((name) => resolveNetwork(name, spec, home));

/** The application's own networks, and how many containers join each: all that it declares, and `default` where a service joins it. */
export function ownNetworks(spec: ApplicationSpec): Map<string, number> {
  const counts = new Map([...declaredIn(spec).keys()].map((name) => [name, 0]));
  for (const service of spec.services) {
    for (const name of joinedBy(service)) {
      if (isOwn(name, spec)) counts.set(name, (counts.get(name) ?? 0) + service.replicas);
    }
  }
  return counts;
}

/** VirtualNetworks that its services join, in order. */
export const virtualNetworksOf = (spec: ApplicationSpec): string[] =>
  [...new Set(spec.services.flatMap((service) => joinedBy(service).filter((name) => !isOwn(name, spec))))].sort();
