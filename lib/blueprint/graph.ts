/** Which service waits for which, by links and by expressions. */

import type { ApplicationSpec, BlueprintNetwork, ServiceSpec, Value } from '../records/index.ts';
import { parse } from './dsl.ts';
import { callsOf, entityOf, ROOT } from './evaluate.ts';
import { joinedBy } from './networks.ts';

export interface Reference {
  /** Within the service: `['env', 'URL']`. */
  field: (string | number)[];
  /** As written. */
  text: string;
}

/** Every expression of a service. */
export function referencesOf(service: ServiceSpec): Reference[] {
  const values: { field: Reference['field']; value: Value }[] = [
    ...Object.entries(service.env).map(([name, value]) => ({ field: ['env', name], value })),
    ...(service.command ?? []).map((value, index) => ({ field: ['command', index], value })),
  ];
  return values.flatMap(expressionIn);
}

/** Every expression of a network. */
export const networkReferencesOf = ({ spec: { dnsServers } }: BlueprintNetwork): Reference[] =>
  dnsServers.map((value, index) => ({ field: ['dnsServers', index], value })).flatMap(expressionIn);

const expressionIn = ({ field, value }: { field: Reference['field']; value: Value }): Reference[] =>
  typeof value === 'string' ? [] : [{ field, text: value.$brooklyn }];

/** Ids of the entities whose sensors an expression waits for. @param self id of the entity that it stands in */
export const askedBy = (text: string, self: string): string[] =>
  [...callsOf(parse(text))]
    .filter((call) => call.function === 'attributeWhenReady')
    .flatMap((call) => entityOf(call, self) ?? []);

/**
 * Ids of the entities that a service waits for, sorted: targets of links, and those whose sensors it asks.
 *
 * @throws as `parse` does
 */
export function dependenciesOf(service: ServiceSpec): string[] {
  const asked = referencesOf(service).flatMap(({ text }) => askedBy(text, service.id));
  return [...new Set([...service.links.map((link) => link.service), ...asked])].sort();
}

/** A service that takes its turn with its application's other dependents when it changes. */
export const isDependent = (service: ServiceSpec): boolean => dependenciesOf(service).length > 0;

/** By service: those whose sensors say where the name servers of its networks are, as far as it waits for them. */
export type NameServices = ReadonlyMap<string, ReadonlySet<string>>;

const known = new WeakMap<ApplicationSpec, NameServices>();

/**
 * A service starts after those that serve names on the networks that it joins, as if it had links to them: but not these
 * themselves, nor what they wait for. Where two would so wait for each other, the network that is declared first decides.
 */
export function nameServicesOf(spec: ApplicationSpec): NameServices {
  const found = known.get(spec) ?? findNameServices(spec);
  known.set(spec, found);
  return found;
}

function findNameServices(spec: ApplicationSpec): NameServices {
  const found = new Map<string, Set<string>>();
  for (const network of spec.virtualNetworks ?? []) {
    const joining = spec.services.filter((service) => joinedBy(service).includes(network.networkId));
    const servers = networkReferencesOf(network).flatMap(({ text }) => askedBy(text, network.id));
    for (const server of new Set(servers)) {
      if (!spec.services.some(({ id }) => id === server)) continue;
      const ahead = reachable(spec, server, found);
      for (const { id } of joining) {
        if (id === server || ahead.has(id)) continue;
        found.set(id, (found.get(id) ?? new Set()).add(server));
      }
    }
  }
  return found;
}

/** All that a service waits for, directly or through others. */
export const upstreamOf = (spec: ApplicationSpec, id: string): ReadonlySet<string> =>
  reachable(spec, id, nameServicesOf(spec));

function reachable(spec: ApplicationSpec, id: string, names: NameServices): ReadonlySet<string> {
  const next = stepper(spec, names);
  const found = new Set<string>();
  const ahead = [id];
  for (let each = ahead.pop(); each !== undefined; each = ahead.pop()) {
    for (const target of next(each)) {
      if (found.has(target)) continue;
      found.add(target);
      ahead.push(target);
    }
  }
  return found;
}

/** What each entity waits for directly. The application is up when all its services are: to ask it is to wait for each of them. */
function stepper(spec: ApplicationSpec, names: NameServices): (id: string) => string[] {
  const services = new Map(spec.services.map((service) => [service.id, service]));
  return (id) => {
    if (id === ROOT) return [...services.keys()];
    const service = services.get(id);
    return service ? [...dependenciesOf(service), ...(names.get(id) ?? [])] : [];
  };
}

/**
 * The services so that each comes after what it waits for; otherwise as declared.
 *
 * @returns `loop` instead, from a service back to itself, where they wait for each other
 */
export function startOrder(spec: ApplicationSpec): { order: ServiceSpec[] } | { loop: string[] } {
  const services = new Map(spec.services.map((service) => [service.id, service]));
  const next = stepper(spec, nameServicesOf(spec));
  const done = new Set<string>();
  const order: ServiceSpec[] = [];

  const visit = (id: string, path: string[]): string[] | undefined => {
    if (done.has(id)) return undefined;
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    for (const target of next(id)) {
      const loop = visit(target, [...path, id]);
      if (loop) return loop;
    }
    done.add(id);
    const service = services.get(id);
    if (service) order.push(service);
    return undefined;
  };

  for (const id of services.keys()) {
    const loop = visit(id, []);
    if (loop) return { loop };
  }
  return { order };
}
