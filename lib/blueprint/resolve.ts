/** From a service of the blueprint to the record of one of its containers, with everything in it that is known only later. */

import type { ApplicationSpec, ContainerRecord, NetworkRecord, ServiceSpec, Value } from '../records/index.ts';
import { environmentOf, textOf } from './environment.ts';
import type { Wait } from './evaluate.ts';
import { dependenciesOf } from './graph.ts';
import { linkVariables } from './links.ts';
import { nameServerWaits } from './name-servers.ts';
import { networksOf } from './networks.ts';
import { listeningPorts, portsOf } from './ports.ts';
import type { Soundings } from './sensors.ts';
import { addressOn } from './snapshot.ts';
import { specHash } from './spec-hash.ts';

/** What a service finds around it. */
export interface Surroundings {
  namespace: string;
  app: string;
  /** The application's uid. */
  uid: number;
  spec: ApplicationSpec;
  /** Of the services that come before, in the order of their start. */
  soundings: Soundings;
  /** The application's own networks that are there, by their name within it. */
  networks: ReadonlyMap<string, NetworkRecord>;
}

export type Resolution = { record: ContainerRecord } | { waits: Wait[] };

/**
 * The record that a container should have, or what it waits for.
 *
 * A link waits until its target is up: all its containers for a service that is about to start for the first time; the one that
 * speaks for the target for a service that has been started, so that a target which is being scaled, or has
 * lost one of many, holds up nobody. Its address is the one on the first network that both are on.
 *
 * @throws BERTH_… for an expression that `problemsOf` would have refused
 */
export function resolve(
  service: ServiceSpec,
  name: string,
  surroundings: Surroundings,
  options: { started: boolean },
): Resolution {
  const { spec, soundings, networks } = surroundings;
  const joined = networksOf(service, spec, surroundings);
  const waits = nameServerWaits(service, spec, { home: surroundings, soundings, networks, ...options });
  const env: Record<string, string> = {};
  const extraHosts: ContainerRecord['extraHosts'] = [];

  for (const { alias, service: target } of service.links) {
    const speaker = soundings.speakers.get(target);
    if (!speaker || !(options.started || soundings.up.has(target))) {
      waits.push({ entity: target, sensor: 'service.isUp' });
      continue;
    }
    const { record } = speaker.container;
    const declared = spec.services.find(({ id }) => id === target)?.env ?? {};
    const visible = Object.fromEntries(Object.entries(record.env).filter(([key]) => Object.hasOwn(declared, key)));
    const ports = listeningPorts(record.ports);
    const address = addressOn(speaker.incarnation, joined) ?? speaker.address;
    Object.assign(env, linkVariables(alias, name, { address, ports, env: visible }));
    extraHosts.push({ name: alias, address });
  }

  const environment = environmentOf(service.id, spec, soundings.seenFrom(joined));
  const text = (value: Value): string => {
    const outcome = textOf(value, environment);
    if (Array.isArray(outcome)) waits.push(...outcome);
    return Array.isArray(outcome) ? '' : outcome;
  };
  // What the user writes wins over what a link gives.
  for (const [key, value] of Object.entries(service.env)) env[key] = text(value);
  const command = service.command?.map(text);

  if (waits.length > 0) return { waits };
  const sources = dependenciesOf(service).flatMap((id) => soundings.sources.get(id) ?? []);
  const resolvedFrom = Object.fromEntries(sources.map(({ name: source, uid }) => [source, uid]));
  const record = recordOf(service, surroundings, {
    env,
    extraHosts,
    command,
    resolvedFrom,
    networks: joined,
  });
  return { record: { ...record, spec: specHash(record) } };
}

function recordOf(
  service: ServiceSpec,
  { uid, spec }: Surroundings,
  known: Pick<ContainerRecord, 'env' | 'extraHosts' | 'networks'> & {
    command: string[] | undefined;
    resolvedFrom: Record<string, string>;
  },
): Omit<ContainerRecord, 'spec'> {
  return {
    uid,
    cloud: spec.location,
    service: service.id,
    image: service.image,
    ...(known.command && { command: known.command }),
    ...(service.entrypoint && { entrypoint: service.entrypoint }),
    ...(service.user !== undefined && { user: service.user }),
    env: known.env,
    labels: service.labels,
    resources: { cpus: service.cpus, memory: service.memory },
    ports: portsOf(service),
    networks: known.networks,
    volumes: [...service.volumes].sort((a, b) => (a.target < b.target ? -1 : 1)),
    extraHosts: known.extraHosts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(service.healthCheck && { healthCheck: service.healthCheck }),
    restart: service.restart,
    stopGrace: service.stopGrace,
    run: true,
    update: 'stop-first',
    strategies: service.strategies,
    ...(Object.keys(known.resolvedFrom).length > 0 && { resolvedFrom: known.resolvedFrom }),
  };
}
