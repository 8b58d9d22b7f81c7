/** What stands around an expression: the entities of its application, each with its configuration and its sensors. */

import { BerthError } from '../errors/index.ts';
import type { ApplicationSpec, BlueprintNetwork, ServiceSpec, Value } from '../records/index.ts';
import { parse } from './dsl.ts';
import { asText, type Environment, entityInstead, evaluate, ROOT, type Wait } from './evaluate.ts';
import { joinedBy } from './networks.ts';
import type { Sensors } from './sensors.ts';

/** A value as text, or what it waits for. */
export function textOf(value: Value, environment: Environment): string | Wait[] {
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

/**
 * What the expressions of an entity see.
 *
 * @param self  its id
 * @param sensorsOf  the sensors of an entity, as this one sees them; `{}` of one that has none yet
 */
export function environmentOf(self: string, spec: ApplicationSpec, sensorsOf: (id: string) => Sensors): Environment {
  return {
    self,
    entity(wanted) {
      const config = configOf(wanted, spec);
      return config && { config, sensors: sensorsOf(wanted) };
    },
  };
}

function configOf(id: string, spec: ApplicationSpec): Record<string, unknown> | undefined {
  if (id === ROOT) return rootConfig(spec);
  const network = spec.virtualNetworks?.find((one) => one.id === id);
  return network ? networkConfig(network) : serviceConfig(spec.services.find((one) => one.id === id));
}

const rootConfig = ({ name, origin, location }: ApplicationSpec): Record<string, unknown> => ({
  ...(name !== undefined && { name }),
  ...(origin !== undefined && { origin }),
  location,
});

/** What `config` can ask of a network: its fields but those that may be known only later. */
function networkConfig({ id, networkId, name, spec }: BlueprintNetwork): Record<string, unknown> {
  const { dnsServers: _, ...fields } = spec;
  return { id, networkId, ...(name !== undefined && { name }), ...fields };
}

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
    networks: joinedBy(service),
    openPorts: service.openPorts.map(({ port }) => port),
    directPorts: service.directPorts.map(({ port }) => port),
    mappedPorts: Object.fromEntries(service.mappedPorts.map(({ host, port }) => [host, port])),
  };
}
