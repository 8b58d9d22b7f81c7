/** Applications for tests, and a world in which their plans come true step by step. */

import {
  type Bar,
  type CloudState,
  containerName,
  type Incarnation,
  type Plan,
  type Planned,
  plan,
  type Snapshot,
  type Standing,
  type StandingContainer,
} from '../../../lib/blueprint/index.ts';
import type {
  ApplicationSpec,
  ContainerRecord,
  EntityRecord,
  NetworkClaim,
  NetworkRecord,
  PortSpec,
  ServiceSpec,
} from '../../../lib/records/index.ts';
import type { Unit } from '../../../lib/store/index.ts';

export const tcp = (port: number): PortSpec => ({ port, protocol: 'tcp' });

export const service = (id: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  id,
  image: `${id}:latest`,
  replicas: 1,
  openPorts: [],
  directPorts: [],
  mappedPorts: [],
  env: {},
  volumes: [],
  labels: {},
  links: [],
  cpus: 0,
  memory: 0,
  restart: 'unless-stopped',
  stopGrace: 10,
  strategies: [],
  ...more,
});

export const link = (target: string, alias = target): ServiceSpec['links'][number] => ({ alias, service: target });

export const application = (...services: ServiceSpec[]): ApplicationSpec => ({ location: 'my-docker-cloud', services });

/** Application Blueprint 1 of the talk, slide 29. */
export const blueprint1 = application(
  service('redis-service', { image: 'redis:3', openPorts: [tcp(6379)] }),
  service('dnmonster-service', { image: 'dnmonster:latest', openPorts: [tcp(8080)] }),
  service('app-service', {
    image: 'grkvlt/myapp:latest',
    mappedPorts: [{ host: 80, port: 8080, protocol: 'tcp' }],
    links: [
      { alias: 'redis', service: 'redis-service' },
      { alias: 'dnmonster', service: 'dnmonster-service' },
    ],
  }),
);

/** `h-1`, and the next address, if nothing else is said. */
interface Place {
  host?: string;
  address?: string;
}

/** The store and the other controllers, as one application meets them. Every container takes the next address. */
export class World {
  readonly containers = new Map<string, Standing<ContainerRecord>>();
  readonly claims = new Map<string, Standing<NetworkClaim>>();
  readonly entities = new Map<string, Standing<EntityRecord>>();
  readonly #placed = new Map<string, { incarnation: Incarnation }>();
  readonly #pending = new Map<string, string>();
  readonly barred = new Map<string, Bar>();
  /** Names of the VirtualNetworks that are there. */
  readonly shared = new Set<string>();
  /** Own networks that ippool cannot make. */
  readonly refused = new Set<string>();
  #revision = 100;
  #address = 0;

  snapshot(): Snapshot {
    const containers = new Map(
      [...this.containers].map(([name, standing]) => {
        const placed = this.#placed.get(name);
        const why = this.#pending.get(name);
        const incarnations = placed ? [placed.incarnation] : [];
        const pending = why !== undefined && { pending: { reason: 'Unschedulable', message: why } };
        return [name, { ...standing, incarnations, ...pending }];
      }),
    );
    const claimed = new Map([...this.claims].filter(([name]) => !this.refused.has(name)));
    return {
      namespace: 'default',
      app: 'shop',
      uid: 7,
      containers,
      claims: new Map(this.claims),
      entities: new Map(this.entities),
      networks: new Map([...claimed].map(([name, { record }]) => [name, networkFor(name, record)])),
      joinable: new Set([...[...claimed.keys()].map((name) => `default.shop.${name}`), ...this.shared]),
      barred: this.barred,
      attached: new Set([...containers.values()].flatMap((each) => [...each.record.networks, ...joinedNow(each)])),
    };
  }

  /** Plans once and commits. */
  step(spec: ApplicationSpec, cloud: CloudState = 'accepted'): Plan {
    const next = plan(spec, this.snapshot(), { cloud });
    for (const unit of next.units) this.commit(unit);
    return next;
  }

  /** Plans, places and starts until nothing changes any more. @returns the number of rounds */
  settle(spec: ApplicationSpec): number {
    for (let round = 0; round < 100; round++) {
      const { units } = this.step(spec);
      const names = [...this.containers.keys()].filter((name) => !this.isUp(name));
      for (const name of names) this.start(name);
      if (units.length === 0 && names.length === 0) return round;
    }
    throw new Error('it never settles');
  }

  commit(unit: Unit<Planned>): void {
    const expected = (id: string, standing: { revision: number } | undefined, expect: number | undefined) => {
      if (expect !== (standing?.revision ?? 0)) throw new Error(`conflict at ${id}`);
    };
    for (const write of unit.writes) {
      const name = write.id.split('/')[2] ?? '';
      const table = { containers: this.containers, networkclaims: this.claims, entities: this.entities };
      const kind = 'put' in write ? write.put : write.delete;
      expected(write.id, table[kind].get(name), write.expect);
      if ('delete' in write) table[kind].delete(name);
      else if (write.put === 'containers')
        this.containers.set(name, { record: write.value, revision: ++this.#revision });
      else if (write.put === 'networkclaims')
        this.claims.set(name, { record: write.value, revision: ++this.#revision });
      else this.entities.set(name, { record: write.value, revision: ++this.#revision });
    }
    for (const name of this.#placed.keys()) if (!this.containers.has(name)) this.#placed.delete(name);
  }

  /** Placement, ippool and container all at once: a new incarnation of what the record says, at a new address, up. */
  start(name: string, options: Place = {}): void {
    this.place(name, options);
    this.set(name, { state: 'running', health: this.record(name).healthCheck ? 'healthy' : undefined });
  }

  /** Assigned, with an address; nothing runs yet. */
  place(name: string, { host = 'h-1', address }: Place = {}): void {
    const record = this.record(name);
    this.#pending.delete(name);
    const uid = `u${++this.#address}`;
    const ports = record.ports.map(({ port, protocol, host: wanted }) => ({
      port,
      protocol,
      host: wanted || 49152 + this.#address,
    }));
    this.#placed.set(name, {
      incarnation: {
        host: { name: host, address: '192.0.2.1', lost: false },
        assignment: {
          uid,
          cloud: record.cloud,
          spec: record.spec,
          containerRevision: this.containers.get(name)!.revision,
          reserved: { cpus: 0, memory: 0, ports },
          because: { by: 'test', of: 1, rejected: {}, revision: 1 },
        },
        endpoint: {
          uid,
          // `10.64.<interface>.<number of the incarnation>`
          interfaces: record.networks.map((network, index) => ({
            network,
            name: `eth${index}`,
            address: (index === 0 ? address : undefined) ?? `10.64.${index}.${this.#address}`,
            hostInterface: `cali${uid}`,
            mac: '',
          })),
          dns: [],
        },
      },
    });
  }

  /** What Docker says of the incarnation that is placed. */
  set(
    name: string,
    {
      state,
      health,
      exitCode,
    }: { state: string; health?: 'starting' | 'healthy' | 'unhealthy' | undefined; exitCode?: number },
  ): void {
    const { incarnation } = this.#placed.get(name)!;
    const { uid } = incarnation.assignment;
    const observed = { uid, state, id: uid, image: '', addresses: {}, ports: {}, restarts: 0 };
    const said = { ...(health && { health }), ...(exitCode !== undefined && { exitCode }) };
    this.#placed.set(name, { incarnation: { ...incarnation, observed: { ...observed, ...said } } });
  }

  /** Placement takes the assignment back. */
  unassign(name: string): void {
    this.#placed.delete(name);
  }

  /** Placement takes the assignment back, and says why there is no other. */
  refuse(name: string, why: string): void {
    this.unassign(name);
    this.#pending.set(name, why);
  }

  /** Hostpool declares the host of a container lost. */
  lose(name: string): void {
    const { incarnation } = this.#placed.get(name)!;
    this.#placed.set(name, {
      incarnation: { ...incarnation, host: { ...incarnation.host, lost: true } },
    });
  }

  isUp(name: string): boolean {
    const incarnation = this.#placed.get(name)?.incarnation;
    return (
      incarnation?.observed?.state === 'running' &&
      incarnation.observed.health !== 'unhealthy' &&
      !incarnation.host.lost &&
      incarnation.assignment.spec === this.containers.get(name)?.record.spec
    );
  }

  /** Whether anything is assigned for it. */
  isPlaced(name: string): boolean {
    return this.#placed.has(name);
  }

  /** Of the incarnation that is placed. */
  uid(name: string): string {
    return this.#placed.get(name)?.incarnation.assignment.uid ?? '';
  }

  address(name: string, index = 0): string {
    return this.#placed.get(name)?.incarnation.endpoint?.interfaces[index]?.address ?? '';
  }

  record(name: string): ContainerRecord {
    const standing = this.containers.get(name);
    if (!standing) throw new Error(`no container ${name}, only ${[...this.containers.keys()].join(', ')}`);
    return standing.record;
  }

  names(): string[] {
    return [...this.containers.keys()].sort();
  }
}

/** What ippool makes of a claim. */
const networkFor = (name: string, { uid, cloud, spec }: NetworkClaim): NetworkRecord => ({
  ...{ uid, cloud, cidr: spec?.cidr ?? '10.64.0.0/24', gateway: spec?.gateway ?? '169.254.1.1' },
  ...{ pools: [name], blockSize: 26, provider: 'linux', used: 0, capacity: 256, dns: spec?.dnsServers ?? [] },
});

const joinedNow = ({ incarnations }: StandingContainer): string[] =>
  incarnations.flatMap(({ endpoint }) => endpoint?.interfaces.map(({ network }) => network) ?? []);

export const names = (id: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => containerName(id, index));
