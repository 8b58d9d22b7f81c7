/** The application controller on a store in memory, and the other controllers as far as it meets them. */

import { readFileSync } from 'node:fs';
import { application } from '../../../controllers/application/index.ts';
import type {
  Accepted,
  ApplicationSpec,
  ApplicationStatus,
  AssignmentRecord,
  Condition,
  ContainerRecord,
  EndpointRecord,
  EntityRecord,
  HostRecord,
  NetworkClaim,
  ObservedRecord,
} from '../../../lib/records/index.ts';
import type { Kind, RecordOf } from '../../../lib/store/index.ts';
import { keys, type Replica, World } from '../../lib/reconcile/support.ts';

/** A blueprint of the talk, as it stands on the slide. */
export const talk = (slide: string): string =>
  readFileSync(new URL(`../../../examples/talk/${slide}`, import.meta.url), 'utf8');

/** An application of two services, of which one has a link to the other. */
export const two = (image = 'web:1'): string => `
location: my-docker-cloud
services:
  - { id: db, type: docker:redis:3, openPorts: 6379 }
  - { id: web, type: "docker:${image}", replicas: 2, links: { db: db } }
`;

interface Records {
  containers: ContainerRecord;
  networkclaims: NetworkClaim;
  entities: EntityRecord;
  assignments: AssignmentRecord;
  endpoints: EndpointRecord;
  observed: ObservedRecord;
  'status/applications': ApplicationStatus;
  'accepted/applications': Accepted<ApplicationSpec>;
}

export class Stage {
  readonly world = new World();
  replica: Replica;
  /** Names under `networks/` that ippool cannot make, as their range is another's. */
  readonly refused = new Set<string>();
  #uid = 0;

  constructor() {
    this.replica = this.world.replica([application]);
  }

  /** A Stage whose cloud exists, with one host. */
  static async withCloud(): Promise<Stage> {
    const stage = new Stage();
    await stage.addCloud();
    return stage;
  }

  async addCloud(): Promise<void> {
    await this.put('hosts', 'my-docker-cloud/h-1', host);
    await this.world.put('accepted/dockerclouds/my-docker-cloud', JSON.stringify({ generation: 1, uid: 1, spec: {} }));
  }

  async put<K extends Kind>(kind: K, id: string, value: RecordOf<K>): Promise<void> {
    await this.world.put(`${kind}/${id}`, JSON.stringify(value));
  }

  /** What a user writes. */
  async apply(id: string, text: string): Promise<void> {
    await this.world.put(`applications/${id}`, text);
    await this.rest();
  }

  /** Until the controller has done all that it can. */
  rest(): Promise<void> {
    return this.world.clock.advance(5000);
  }

  async all<K extends keyof Records>(kind: K): Promise<Record<string, Records[K]>> {
    const { kvs } = await this.world.settle(this.world.kv.range(keys.range(kind)));
    return Object.fromEntries(kvs.map(({ key, value }) => [keys.parse(key)?.id ?? key, JSON.parse(value.toString())]));
  }

  async status(id: string): Promise<ApplicationStatus | undefined> {
    return (await this.all('status/applications'))[id];
  }

  async condition(id: string, type: string): Promise<Condition | undefined> {
    return (await this.status(id))?.conditions.find((condition) => condition.type === type);
  }

  /** mod_revision of every key below the prefix. */
  async revisions(): Promise<Record<string, number>> {
    const { kvs } = await this.world.settle(this.world.kv.range({ key: `${keys.prefix}/`, end: `${keys.prefix}0` }));
    return Object.fromEntries(
      kvs
        .filter(({ key }) => !/\/(leaders|members|events)\//.test(key))
        .map(({ key, modRevision }) => [key, modRevision]),
    );
  }

  /** Placement, ippool and container, one step each: what is wanted runs, what is not goes in order. */
  async others(): Promise<void> {
    const [wanted, assigned, endpoints, observed] = [
      await this.all('containers'),
      await this.all('assignments'),
      await this.all('endpoints'),
      await this.all('observed'),
    ];
    for (const [id, assignment] of Object.entries(assigned)) {
      if (wanted[id.slice(id.indexOf('/') + 1)]?.spec !== assignment.spec) await this.world.delete(`assignments/${id}`);
    }
    for (const id of Object.keys(observed)) if (!assigned[id]) await this.world.delete(`observed/${id}`);
    for (const id of Object.keys(endpoints))
      if (!observed[id] && !assigned[id]) await this.world.delete(`endpoints/${id}`);
    for (const [id, record] of Object.entries(wanted)) {
      const key = `h-1/${id}`;
      if (!assigned[key] && !observed[key] && !endpoints[key]) await this.run(key, record);
    }
    await this.networks();
    await this.rest();
  }

  /** ippool: a network for each claim, while it or an endpoint is there. */
  async networks(): Promise<void> {
    const claims = await this.all('networkclaims');
    const endpoints = Object.keys(await this.all('endpoints')).map((id) => id.split('/').slice(1, 3).join('/'));
    const standing = await this.world.list('networks');
    for (const [id, { uid, cloud, spec }] of Object.entries(claims)) {
      const name = id.replaceAll('/', '.');
      if (this.refused.has(name)) continue;
      const dns = spec?.dnsServers ?? [];
      const network = { cidr: '10.64.0.0/24', gateway: '', pools: [], blockSize: 26, provider: 'linux' as const };
      if (!standing[name] || JSON.stringify(standing[name]).indexOf(JSON.stringify(dns)) < 0)
        await this.put('networks', name, { uid, cloud, ...network, used: 0, capacity: 250, dns });
    }
    for (const name of Object.keys(standing)) {
      const id = name.replaceAll('.', '/');
      if (!claims[id] && !endpoints.includes(id.split('/').slice(0, 2).join('/')))
        await this.world.delete(`networks/${name}`);
    }
  }

  /** An incarnation of a container that runs. */
  async run(key: string, record: ContainerRecord): Promise<void> {
    const n = ++this.#uid;
    const uid = `u${n}`;
    const ports = record.ports.map(({ port, protocol, host: wanted }) => ({
      port,
      protocol,
      host: wanted || 49152 + n,
    }));
    await this.put('assignments', key, {
      uid,
      cloud: record.cloud,
      spec: record.spec,
      containerRevision: 1,
      reserved: { cpus: 0, memory: 0, ports },
      because: { by: 'test', of: 1, rejected: {}, revision: 1 },
    });
    await this.put('endpoints', key, {
      uid,
      interfaces: record.networks.map((network, index) => ({
        ...{ network, name: `eth${index}`, address: `10.64.${index}.${n}`, hostInterface: `cali${n}`, mac: '' },
      })),
      dns: [],
    });
    await this.put('observed', key, {
      uid,
      state: 'running',
      id: uid,
      image: '',
      addresses: {},
      ports: {},
      restarts: 0,
    });
  }

  /** Lets the others go on until nothing changes any more. */
  async settle(): Promise<void> {
    let before = '';
    for (let round = 0; round < 40; round++) {
      await this.rest();
      await this.others();
      const now = JSON.stringify(await this.revisions());
      if (now === before) return;
      before = now;
    }
    throw new Error('it never settles');
  }

  stop(): Promise<void> {
    return this.world.settle(this.replica.stop());
  }
}

/** A host that can take containers. */
export const host: HostRecord = {
  cloud: 'my-docker-cloud',
  phase: 'Ready',
  schedulable: true,
  drain: false,
  lost: false,
  gone: false,
  address: '192.0.2.1',
  location: 'hollow',
  machineId: 'm-1',
  labels: {},
  capacity: { cpus: 4, memory: 2 ** 33 },
  foreignPorts: [],
  agent: false,
  docker: { version: '20.10' },
  conditions: [],
  createdAt: '2026-01-01T00:00:00Z',
};
