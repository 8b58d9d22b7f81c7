/** From a service of the blueprint to the record of one of its containers, with everything in it that is known only later. */

import { BerthError } from '../errors/index.ts';
import type { ApplicationSpec, ContainerRecord, ServiceSpec, Value } from '../records/index.ts';
import { parse } from './dsl.ts';
import { asText, type Environment, entityInstead, evaluate, ROOT, type Wait } from './evaluate.ts';
import { dependenciesOf } from './graph.ts';
import { linkVariables } from './links.ts';
import { listeningPorts, portsOf } from './ports.ts';
import type { Sensors, Soundings } from './sensors.ts';
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
}

export type Resolution = { record: ContainerRecord } | { waits: Wait[] };

export const DEFAULT_NETWORK = 'default';

/** Name of an application's own network, under `networks/`. */
export const networkName = (namespace: string, app: string, network: string): string =>
  `${namespace}.${app}.${network}`;

/**
 * The record that a container should have, or what it waits for.
 *
 * A link waits until its target is up: all its containers for a service that is about to start for the first time; the one that
 * speaks for the target for a service that has been started, so that a target which is being scaled, or has
 * lost one of many, holds up nobody.
 *
 * @throws BERTH_… for an expression that `problemsOf` would have refused
 */
export function resolve(
  service: ServiceSpec,
  name: string,
  surroundings: Surroundings,
  options: { started: boolean },
): Resolution {
  const { spec, soundings } = surroundings;
  const waits: Wait[] = [];
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
    Object.assign(env, linkVariables(alias, name, { address: speaker.address, ports, env: visible }));
    extraHosts.push({ name: alias, address: speaker.address });
  }

  const environment = environmentOf(service, spec, soundings.sensors);
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
  const record = recordOf(service, surroundings, { env, extraHosts, command, resolvedFrom });
  return { record: { ...record, spec: specHash(record) } };
}

function recordOf(
  service: ServiceSpec,
  { namespace, app, uid, spec }: Surroundings,
  known: Pick<ContainerRecord, 'env' | 'extraHosts'> & {
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
    networks: [networkName(namespace, app, DEFAULT_NETWORK)],
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

/** A value as text, or what it waits for. */
function textOf(value: Value, environment: Environment): string | Wait[] {
  if (typeof value === 'string') return value;
  const expression = parse(value.$brooklyn);
  const outcome = evaluate(expression, environment);
  const settled = outcome.is === 'entity' ? entityInstead(expression.column, outcome.id) : outcome;
  switch (settled.is) {
    case 'value':
      return asText(settled.value);
    case 'waiting':
      return settled.for;
    case 'error':
      throw settled.error;
    default:
      throw new BerthError('BERTH_INTERNAL', `an expression of ${environment.self} has no value`);
  }
}

/** What the expressions of a service see. */
export function environmentOf(
  { id }: ServiceSpec,
  spec: ApplicationSpec,
  sensors: ReadonlyMap<string, Sensors>,
): Environment {
  return {
    self: id,
    entity(wanted) {
      const config = wanted === ROOT ? rootConfig(spec) : serviceConfig(spec.services.find((one) => one.id === wanted));
      return config && { config, sensors: sensors.get(wanted) ?? {} };
    },
  };
}

const rootConfig = ({ name, origin, location }: ApplicationSpec): Record<string, unknown> => ({
  ...(name !== undefined && { name }),
  ...(origin !== undefined && { origin }),
  location,
});

/** What `config` can ask of a service: its fields, as a blueprint writes them. */
function serviceConfig(service: ServiceSpec | undefined): Record<string, unknown> | undefined {
  if (!service) return undefined;
  const { id, name, image, replicas, user, restart, cpus, memory, stopGrace } = service;
  return {
    id,
    image,
    replicas,
    restart,
    cpus,
    memory,
    stopGrace,
    ...(name !== undefined && { name }),
    ...(user !== undefined && { user }),
    openPorts: service.openPorts.map(({ port }) => port),
    directPorts: service.directPorts.map(({ port }) => port),
    mappedPorts: Object.fromEntries(service.mappedPorts.map(({ host, port }) => [host, port])),
  };
}
