/** What a service and its application say about themselves: the sensors of Brooklyn that others build on. */

import type { ApplicationSpec, ServiceSpec } from '../records/index.ts';
import { ROOT } from './evaluate.ts';
import { url } from './links.ts';
import { addressOf, containersOf, type Incarnation, indexOf, type Snapshot, type Up, upOf } from './snapshot.ts';

export type Sensors = Record<string, unknown>;

export interface Soundings {
  /** By id of the entity, the application under `ROOT`. */
  sensors: ReadonlyMap<string, Sensors>;
  /** The container that speaks for a service, where it is up. */
  speakers: ReadonlyMap<string, Up>;
  /** Services all of whose containers are up. */
  up: ReadonlySet<string>;
}

const ADDRESS = 'host.subnet.address';

/**
 * Takes the sensors of an application.
 *
 * Of several containers one speaks for its service: the one that did so before, as long as it has its address, be it
 * down for a moment; else the lowest index that is up. So an address that others were given changes only when it is gone.
 */
export function sound(spec: ApplicationSpec, snapshot: Snapshot): Soundings {
  const sensors = new Map<string, Sensors>();
  const speakers = new Map<string, Up>();
  const up = new Set<string>();
  for (const service of spec.services) {
    const wanted = containersOf(snapshot, service.id).filter(([name]) => indexOf(name) < service.replicas);
    const running = wanted.flatMap(([name, container]) => upOf(name, container) ?? []);
    if (service.replicas > 0 && running.length === service.replicas) up.add(service.id);

    const before = snapshot.entities.get(service.id)?.record.sensors[ADDRESS];
    const keeper = wanted
      .flatMap(([, { incarnations }]) => incarnations)
      .find((incarnation) => before !== undefined && addressOf(incarnation) === before);
    const speaker = keeper ? running.find(({ address }) => address === before) : running[0];
    if (speaker) speakers.set(service.id, speaker);
    sensors.set(service.id, {
      'service.isUp': up.has(service.id),
      ...sensorsOf(service, keeper ?? speaker?.incarnation),
    });
  }
  sensors.set(ROOT, rootSensors(spec, sensors));
  return { sensors, speakers, up };
}

function sensorsOf(service: ServiceSpec, incarnation: Incarnation | undefined): Sensors {
  if (!incarnation) return {};
  const { host, assignment } = incarnation;
  const sensors: Sensors = {
    'host.name': host.name,
    'host.address': host.address,
    [ADDRESS]: addressOf(incarnation),
  };
  for (const { port, host: hostPort } of assignment.reserved.ports) {
    sensors[`mapped.docker.port.${port}`] ??= `${host.address}:${hostPort}`;
  }
  const main = mainPort(service, incarnation);
  if (main !== undefined) sensors['main.uri'] = uri(host.address, main);
  return sensors;
}

/** The host port behind which people look for a service: mapped before direct before open, TCP, the first of each. */
function mainPort({ mappedPorts, directPorts, openPorts }: ServiceSpec, { assignment }: Incarnation) {
  const isTcp = ({ protocol }: { protocol: string }) => protocol === 'tcp';
  const given = mappedPorts.find(isTcp)?.host ?? directPorts.find(isTcp)?.port;
  const { ports } = assignment.reserved;
  if (given !== undefined) return ports.find(({ host, protocol }) => host === given && protocol === 'tcp')?.host;
  const open = openPorts.find(isTcp)?.port;
  return ports.find(({ port, protocol }) => port === open && protocol === 'tcp')?.host;
}

const uri = (address: string, port: number): string => {
  if (port === 443) return `${url('https', address, port).replace(/:443$/, '')}/`;
  return `${url('http', address, port).replace(/:80$/, '')}/`;
};

function rootSensors({ services }: ApplicationSpec, sensors: ReadonlyMap<string, Sensors>): Sensors {
  const up = services.every(({ id }) => sensors.get(id)?.['service.isUp'] === true);
  const mapped = services.find(({ mappedPorts }) => mappedPorts.length > 0);
  const direct = services.find(({ directPorts }) => directPorts.length > 0);
  const open = services.find(({ openPorts }) => openPorts.length > 0);
  const main = sensors.get((mapped ?? direct ?? open)?.id ?? '')?.['main.uri'];
  return { 'service.isUp': up, ...(main !== undefined && { 'main.uri': main }) };
}
