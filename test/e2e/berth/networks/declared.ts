/** What the test asks for, as objects: what is put into etcd, and what is expected of it, come from the same. */

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { BIND_KEY } from '../../../harness/bind.ts';

export const CLOUD = 'my-docker-cloud';
export const ZONE = 'berth';

export interface Service {
  id: string;
  image: 'docker:prober:latest' | 'docker:bind9:latest';
  /** As the blueprint names them. */
  networks: string[];
  replicas: number;
}

export interface Application {
  /** In the namespace `default`. */
  name: string;
  /** By networkId. */
  own: Record<string, { allowFrom?: string[] }>;
  services: Service[];
  /** What is put. */
  blueprint: unknown;
}

/** Of every network of the test. */
export interface Network {
  /** Names under `networks/` of others whose members may reach its own. */
  allowFrom: readonly string[];
}

export const cloud = (keyFile: string) => ({
  apiVersion: 'berth/v1',
  kind: 'DockerCloud',
  metadata: { name: CLOUD },
  spec: {
    location: 'sandbox',
    hosts: { min: 3, max: 3 },
    placement: { strategies: ['leastContainers'] },
    dns: {
      zone: ZONE,
      servers: [{ service: 'default/slide/bind-server', key: { name: BIND_KEY.name, secretFile: keyFile } }],
    },
  },
});

/** An example's text, as it is. */
export const slide25 = (): Promise<string> =>
  readFile(new URL('../../../../examples/talk/slide-25-networks.yaml', import.meta.url), 'utf8');

/** Slide 25 without its OpenStack network, with the `bind-server` that it speaks of and a database. */
export async function slide(): Promise<Application> {
  const { location, services }: { location: string; services: { type: string }[] } = parse(await slide25());
  const bind = { id: 'bind-server', type: 'docker:bind9:latest', networks: ['database-net'], stopGrace: '1s' };
  const published = { mappedPorts: ['53:53', '53:53/udp'], env: { ZONES: ZONE, SECRET: BIND_KEY.secret } };
  const database = prober('database', ['database-net'], 2);
  return {
    name: 'slide',
    own: { 'database-net': {} },
    services: [{ id: bind.id, image: 'docker:bind9:latest', networks: bind.networks, replicas: 1 }, database],
    blueprint: {
      location,
      services: [
        ...services.filter(({ type }) => !type.endsWith('.OpenStackVirtualNetwork')),
        { ...bind, ...published },
        asDeclared(database),
      ],
    },
  };
}

/** Three tiers: who is on both networks reaches both others, who are on one do not reach each other. */
export function tiers(nameServer: string, { api }: { api: number }): Application {
  const services = [prober('web', ['front'], 2), prober('api', ['front', 'back'], api), prober('db', ['back'], 2)];
  const network = { type: 'brooklyn.networking.VirtualNetwork', dnsServers: [nameServer] };
  return {
    name: 'tiers',
    own: { front: {}, back: {} },
    services,
    blueprint: {
      location: CLOUD,
      services: [{ ...network, networkId: 'front' }, { ...network, networkId: 'back' }, ...services.map(asDeclared)],
    },
  };
}

/** Shared, and open to one network of the tiers. */
export const audit = (nameServer: string) => ({
  apiVersion: 'berth/v1',
  kind: 'VirtualNetwork',
  metadata: { name: 'audit' },
  spec: { dnsServers: [nameServer], allowFrom: ['default.tiers.back'] },
});

export function auditor(): Application {
  const services = [prober('auditor', ['audit'], 1)];
  return {
    ...{ name: 'books', own: {}, services },
    blueprint: { location: CLOUD, services: services.map(asDeclared) },
  };
}

/** By name under `networks/`: the applications' own, and VirtualNetworks. */
export function networksOf(
  applications: readonly Application[],
  shared: readonly ReturnType<typeof audit>[],
): Map<string, Network> {
  const own = applications.flatMap(({ name, own }) =>
    Object.entries(own).map(([id, { allowFrom = [] }]): [string, Network] => [`default.${name}.${id}`, { allowFrom }]),
  );
  return new Map([...own, ...shared.map(({ metadata, spec }): [string, Network] => [metadata.name, spec])]);
}

const prober = (id: string, networks: string[], replicas: number): Service => ({
  ...{ id, networks, replicas },
  image: 'docker:prober:latest',
});

const asDeclared = ({ id, image, networks, replicas }: Service) => ({
  ...{ id, type: image, networks, replicas },
  openPorts: [8080],
  stopGrace: '1s',
});
