import { discovery, discoveryTools } from '../../../controllers/discovery/index.ts';
import { PaperNameServer, paperDns } from '../../../lib/dns/index.ts';
import { BerthError } from '../../../lib/errors/index.ts';
import type {
  ContainerRecord,
  DockerCloudSpec,
  EndpointRecord,
  EventRecord,
  HostRecord,
  NameRecord,
  ObservedRecord,
} from '../../../lib/records/index.ts';
import type { Kind, RecordOf, WatchEvent } from '../../../lib/store/index.ts';
import { cloudSpec, containerRecord } from '../../harness/records.ts';
import { keys, type Replica, World } from '../../lib/reconcile/support.ts';

type Dns = DockerCloudSpec['dns'];

/** discovery alone on a store in memory, with name servers on paper; the test plays everybody else. */
export class Scenario {
  readonly world = new World();
  /** By address and port. Others do not answer. */
  readonly servers = new Map<string, PaperNameServer>();
  readonly files = new Map<string, string>();
  /** Opens what is sealed; tests make it fail. */
  open = async (sealed: string): Promise<string> => sealed;
  #replicas = 0;
  replica: Replica = this.start();

  start(): Replica {
    const tools = discoveryTools({
      dns: paperDns(({ address, port }) => {
        const server = this.servers.get(`${address}:${port}`);
        if (!server) throw new BerthError('BERTH_DNS', `the name server ${address}:${port} cannot be reached`);
        return server;
      }),
      sealer: { seal: async (text) => text, open: (sealed) => this.open(sealed) },
      readFile: async (path) => {
        const text = this.files.get(path);
        if (text === undefined) throw new Error('no such file');
        return text;
      },
    });
    this.replica = this.world.replica([discovery], { name: `replica-${++this.#replicas}`, tools });
    return this.replica;
  }

  server(zones = ['berth', '64.10.in-addr.arpa'], at = '192.0.2.53:53'): PaperNameServer {
    const server = new PaperNameServer(zones);
    this.servers.set(at, server);
    return server;
  }

  async write<K extends Kind>(kind: K, id: string, value: RecordOf<K>): Promise<void> {
    const text = Buffer.isBuffer(value) ? value : JSON.stringify(value);
    await this.world.settle(this.world.kv.txn({ compare: [], then: [{ put: keys.key(kind, id), value: text }] }));
  }

  async remove(kind: Kind, id: string): Promise<void> {
    await this.world.settle(this.world.kv.txn({ compare: [], then: [{ delete: keys.key(kind, id) }] }));
  }

  cloud = (dns: Partial<Dns> = {}, name = 'cloud') =>
    this.write('accepted/dockerclouds', name, {
      generation: 1,
      uid: 1,
      spec: cloudSpec({ dns: { zone: 'berth', reverseZones: ['64.10.in-addr.arpa'], ttl: 5, servers: [], ...dns } }),
    });

  /** A cloud with one server, whose key stands in a file. */
  served = (dns: Partial<Dns> = {}) => {
    this.files.set('/key', 'c2VjcmV0');
    const key = { name: 'berth', algorithm: 'hmac-sha256' as const, secretFile: '/key' };
    return this.cloud({ servers: [{ address: '192.0.2.53', port: 53, key }], ...dns });
  };

  host = (name = 'h-1', change: Partial<HostRecord> = {}) =>
    this.write('hosts', `cloud/${name}`, {
      ...{ cloud: 'cloud', phase: 'Ready', schedulable: true, drain: false, lost: false, gone: false },
      ...{ address: '192.0.2.11', location: 'hollow', machineId: name, labels: {}, foreignPorts: [], agent: false },
      ...{ capacity: { cpus: 1, memory: 1 }, docker: { version: '' }, conditions: [], createdAt: '' },
      ...change,
    });

  /** A container that runs on `h-1`: `web-0` of `default/shop`, unless told otherwise. */
  async runs(
    address: string,
    {
      name = 'web-0',
      app = 'default/shop',
      host = 'h-1',
      container = {},
      observed = {},
      interfaces,
    }: {
      name?: string;
      app?: string;
      host?: string;
      container?: Partial<ContainerRecord>;
      observed?: Partial<ObservedRecord>;
      interfaces?: { network: string; address: string; address6?: string }[];
    } = {},
  ): Promise<void> {
    const id = `${host}/${app}/${name}`;
    const uid = `u-${name}-${host}`;
    const service = name.replace(/-\d+$/, '');
    await this.write('containers', `${app}/${name}`, containerRecord({ service, ...container }));
    await this.write('assignments', id, {
      ...{ uid, cloud: 'cloud', spec: 'spec-1', containerRevision: 1, reserved: { cpus: 0, memory: 0, ports: [] } },
      because: { by: '', of: 1, rejected: {}, revision: 1 },
    });
    const joined = interfaces ?? [{ network: `${app.replace('/', '.')}.default`, address }];
    const endpoint: EndpointRecord = {
      uid,
      interfaces: joined.map((each, i) => ({ ...each, name: `eth${i}`, hostInterface: '', mac: '' })),
      dns: [],
    };
    await this.write('endpoints', id, endpoint);
    await this.write('observed', id, {
      ...{ uid, state: 'running', id: 'x', image: '', addresses: {}, ports: {}, restarts: 0 },
      ...observed,
    });
  }

  names = (): string[] => this.replica.cache.list('names').map(({ id }) => id);
  name = (id: string): NameRecord | undefined => this.replica.cache.get('names', id)?.value;
  skydns = (): Record<string, unknown> =>
    Object.fromEntries(this.replica.cache.list('skydns').map(({ id, value }) => [id, JSON.parse(value.toString())]));
  events = (): EventRecord[] => this.replica.cache.list('events').map(({ value }) => value);

  until(condition: () => boolean, what: string, ms = 120_000): Promise<void> {
    return this.world.clock.until(condition, ms, what);
  }

  /** Until the controller is at work: from then on it answers at once. */
  leads = () => this.settle(5000);

  /** Long enough for all that has a reason to happen. */
  settle = (ms = 900) => this.world.clock.advance(ms);

  /** Everything that happens below a prefix from now on. */
  watch(kind: Kind, listener: (event: WatchEvent) => void): void {
    this.world.kv.watch({ ...keys.range(kind), onEvents: (events) => events.forEach(listener), onEnd() {} });
  }

  stop = () => this.world.settle(this.replica.stop());
}
