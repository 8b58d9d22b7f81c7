/** What a service and its application say about themselves: the sensors of Brooklyn that others build on. */

import type { ApplicationSpec, BlueprintNetwork, NetworkRecord, ServiceSpec } from '../records/index.ts';
import { ROOT } from './evaluate.ts';
import { url } from './links.ts';
import { addressOf, addressOn, type Incarnation, indexOf, type Named, type Up, upOf } from './snapshot.ts';

export type Sensors = Record<string, unknown>;

const ADDRESS = 'host.subnet.address';
const HOST_ADDRESS = 'host.address';
const DNS_PORT = 53;

/** An incarnation that others take values from. */
export interface Source {
  /** Of the container. */
  name: string;
  /** Of the assignment. */
  uid: string;
  incarnation: Incarnation;
}

/** What is known of each service so far. */
export class Soundings {
  /** By id of the entity, the application under `ROOT`. */
  readonly sensors = new Map<string, Sensors>();
  /** The container that speaks for a service, where it is up. */
  readonly speakers = new Map<string, Up>();
  /** Whose sensors those of a service are: the incarnation that spoke for it last, as long as it has its address. */
  readonly sources = new Map<string, Source>();
  /** Services all of whose containers are up. */
  readonly up = new Set<string>();

  /**
   * Takes the sensors of a service.
   *
   * Of several containers one speaks for it: the one that did so before, as long as it has its address, be it down
   * for a moment; else the lowest index that is up. So an address that others were given changes only when it is gone,
   * or lost with its host.
   *
   * @param standing its containers, the lowest index first, as they stand once the plan is carried out
   * @param before its sensors as they stand
   */
  take(service: ServiceSpec, standing: readonly Named[], before: Sensors | undefined): void {
    const wanted = standing.filter(([name]) => indexOf(name) < service.replicas);
    const running = wanted.flatMap(([name, container]) => upOf(name, container) ?? []);
    const isUp = service.replicas > 0 && running.length === service.replicas;
    if (isUp) this.up.add(service.id);

    const address = before?.[ADDRESS];
    const keeper = wanted
      .flatMap(([name, { incarnations }]) => incarnations.map((incarnation) => ({ name, incarnation })))
      .find(({ incarnation }) => address !== undefined && holds(incarnation, address));
    const speaker = keeper ? running.find((one) => one.address === address) : running[0];
    if (speaker) this.speakers.set(service.id, speaker);
    const source = keeper ?? speaker;
    if (source) {
      const { name, incarnation } = source;
      this.sources.set(service.id, { name, uid: incarnation.assignment.uid, incarnation });
    }
    this.sensors.set(service.id, { 'service.isUp': isUp, ...sensorsOf(service, source?.incarnation) });
  }

  /** Takes the sensors of a network of the application. @param record absent while it is not there */
  takeNetwork({ id, networkId }: BlueprintNetwork, name: string, record: NetworkRecord | undefined): void {
    this.sensors.set(id, {
      'service.isUp': record !== undefined,
      'network.id': networkId,
      'network.name': name,
      ...(record && {
        'network.cidr': record.cidr,
        'network.gateway': record.gateway,
        'network.dnsServers': record.dns,
      }),
    });
    if (record) this.up.add(id);
  }

  /** The sensors of an entity for one that has interfaces on some networks: it is told an address that it can reach. */
  seenFrom(networks: readonly string[]): (id: string) => Sensors {
    return (id) => {
      const sensors = this.sensors.get(id) ?? {};
      const source = this.sources.get(id);
      return source ? { ...sensors, [ADDRESS]: addressOn(source.incarnation, networks) } : sensors;
    };
  }

  /**
   * The sensors of an entity for the name servers of a network. There `host.address` is where the members of the network find
   * its port 53: its own address on that network; else its host's, where it publishes that port; else its first.
   */
  seenAsNameServer(network: string): (id: string) => Sensors {
    const seen = this.seenFrom([network]);
    return (id) => {
      const sensors = seen(id);
      const source = this.sources.get(id);
      if (!source || servesAtHost(source.incarnation, network)) return sensors;
      return { ...sensors, [HOST_ADDRESS]: sensors[ADDRESS] };
    };
  }

  /** Takes the sensors of the application, after those of its services and networks. */
  takeRoot({ services, virtualNetworks = [] }: ApplicationSpec): void {
    const up = [...services, ...virtualNetworks].every(({ id }) => this.up.has(id));
    const mapped = services.find(({ mappedPorts }) => mappedPorts.length > 0);
    const direct = services.find(({ directPorts }) => directPorts.length > 0);
    const open = services.find(({ openPorts }) => openPorts.length > 0);
    const main = this.sensors.get((mapped ?? direct ?? open)?.id ?? '')?.['main.uri'];
    this.sensors.set(ROOT, { 'service.isUp': up, ...(main !== undefined && { 'main.uri': main }) });
  }
}

const holds = (incarnation: Incarnation, address: unknown): boolean =>
  !incarnation.host.lost && addressOf(incarnation) === address;

/** A network that it is not on reaches it at its host, where port 53 of the host is its own. */
const servesAtHost = ({ assignment, endpoint }: Incarnation, network: string): boolean =>
  !endpoint?.interfaces.some((each) => each.network === network) &&
  assignment.reserved.ports.some(({ port, host }) => port === DNS_PORT && host === DNS_PORT);

function sensorsOf(service: ServiceSpec, incarnation: Incarnation | undefined): Sensors {
  if (!incarnation) return {};
  const { host, assignment } = incarnation;
  const sensors: Sensors = {
    'host.name': host.name,
    [HOST_ADDRESS]: host.address,
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
