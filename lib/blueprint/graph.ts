/** Which service waits for which, by links and by expressions. */

import type { ApplicationSpec, ServiceSpec, Value } from '../records/index.ts';
import { parse } from './dsl.ts';
import { callsOf, entityOf, ROOT } from './evaluate.ts';

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
  return values.flatMap(({ field, value }) => (typeof value === 'string' ? [] : [{ field, text: value.$brooklyn }]));
}

/**
 * Ids of the entities that a service waits for, sorted: targets of links, and those whose sensors it asks.
 *
 * @throws as `parse` does
 */
export function dependenciesOf(service: ServiceSpec): string[] {
  const asked = referencesOf(service)
    .flatMap(({ text }) => [...callsOf(parse(text))])
    .filter((call) => call.function === 'attributeWhenReady')
    .flatMap((call) => entityOf(call, service.id) ?? []);
  return [...new Set([...service.links.map((link) => link.service), ...asked])].sort();
}

/** A service that takes its turn with its application's other dependents when it changes. */
export const isDependent = (service: ServiceSpec): boolean => dependenciesOf(service).length > 0;

/** All that a service waits for, directly or through others. */
export function upstreamOf(spec: ApplicationSpec, id: string): ReadonlySet<string> {
  const services = new Map(spec.services.map((service) => [service.id, service]));
  const found = new Set<string>();
  const ahead = [id];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const service = services.get(next);
    for (const target of service ? dependenciesOf(service) : []) {
      if (found.has(target)) continue;
      found.add(target);
      ahead.push(target);
    }
  }
  return found;
}

/**
 * The services so that each comes after what it waits for; otherwise as declared.
 *
 * @returns `loop` instead, from a service back to itself, where they wait for each other
 */
export function startOrder(spec: ApplicationSpec): { order: ServiceSpec[] } | { loop: string[] } {
  const services = new Map(spec.services.map((service) => [service.id, service]));
  const done = new Set<string>();
  const order: ServiceSpec[] = [];

  const visit = (id: string, path: string[]): string[] | undefined => {
    if (done.has(id)) return undefined;
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    const service = services.get(id);
    // The application is up when all its services are: to ask it is to wait for each of them.
    const next = id === ROOT ? [...services.keys()] : service ? dependenciesOf(service) : [];
    for (const target of next) {
      const loop = visit(target, [...path, id]);
      if (loop) return loop;
    }
    done.add(id);
    if (service) order.push(service);
    return undefined;
  };

  for (const id of services.keys()) {
    const loop = visit(id, []);
    if (loop) return { loop };
  }
  return { order };
}
