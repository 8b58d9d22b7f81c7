import type { Session } from '../../../cli/client/session.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';
import { type Kind, type Kv, keyspace, type RecordOf } from '../../../lib/store/index.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';

type Records = { [K in Kind]?: { [id: string]: RecordOf<K> | string } };

/** A session against an etcd in memory, and what it said. */
export class Bench implements Session {
  readonly keys = keyspace();
  readonly clock: VirtualClock;
  readonly kv: Kv;
  /** What went to stdout and to stderr. */
  printed = '';
  noted: string[] = [];

  constructor(clock = new VirtualClock()) {
    this.clock = clock;
    this.kv = createMemoryEtcd({ clock }).connect();
  }

  readonly print = (text: string): void => {
    this.printed += text;
  };

  readonly note = (line: string): void => {
    this.noted.push(line);
  };

  /** Puts records: users' as text, others as values. */
  async put(records: Records): Promise<this> {
    for (const [name, byId] of Object.entries(records))
      for (const [id, value] of Object.entries(byId ?? {})) {
        const key = `${this.keys.prefix}/${name}/${id}`;
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        await this.kv.txn({ compare: [], then: [{ put: key, value: text }] });
      }
    return this;
  }

  async delete(kind: Kind, id: string): Promise<void> {
    await this.kv.txn({ compare: [], then: [{ delete: this.keys.key(kind, id) }] });
  }

  /** The text under a key; undefined where there is none. */
  async text(kind: Kind, id: string): Promise<string | undefined> {
    const { kvs } = await this.kv.range({ key: this.keys.key(kind, id) });
    return kvs[0]?.value.toString();
  }

  async generation(kind: Kind, id: string): Promise<number> {
    const { kvs } = await this.kv.range({ key: this.keys.key(kind, id) });
    return kvs[0]?.modRevision ?? 0;
  }

  /** What was printed since the last call, as rows of cells by their column's name. */
  rows(): Record<string, string>[] {
    const [header = '', ...lines] = this.take().trimEnd().split('\n');
    const columns = [...header.matchAll(/\S+(?: \S+)*/g)];
    return lines.map((line) =>
      Object.fromEntries(
        columns.map(([name], i) => [name, line.slice(columns[i]!.index, columns[i + 1]?.index).trim()]),
      ),
    );
  }

  take(): string {
    const text = this.printed;
    this.printed = '';
    return text;
  }
}

/** `Ready`, as an owner says it of a generation. */
export const ready = (status: 'True' | 'False', generation: number, message = '') => ({
  type: 'Ready',
  status,
  observedGeneration: generation,
  lastTransitionTime: '2026-01-01T00:00:00Z',
  reason: status === 'True' ? 'Ready' : 'Starting',
  message,
});

export const applicationStatus = (
  generation: number,
  status: 'True' | 'False',
  message = '',
): RecordOf<'status/applications'> => ({
  observedGeneration: generation,
  phase: status === 'True' ? 'Running' : 'Deploying',
  conditions: [ready(status, generation, message)],
  containers: { wanted: 2, assigned: 2, running: status === 'True' ? 2 : 1 },
});

export const container = (more: Partial<RecordOf<'containers'>> = {}): RecordOf<'containers'> => ({
  uid: 2,
  cloud: 'c',
  service: 'web',
  image: 'web:1',
  env: {},
  labels: {},
  resources: { cpus: 0, memory: 0 },
  ports: [
    { port: 8080, protocol: 'tcp', host: 0 },
    { port: 9090, protocol: 'tcp' },
  ],
  networks: ['default.shop.default'],
  volumes: [],
  extraHosts: [],
  restart: 'unless-stopped',
  stopGrace: 10,
  run: true,
  update: 'stop-first',
  strategies: [],
  spec: 'abc',
  ...more,
});

export const assignment = (uid: string): RecordOf<'assignments'> => ({
  uid,
  cloud: 'c',
  spec: 'abc',
  containerRevision: 1,
  reserved: { cpus: 0, memory: 0, ports: [{ port: 8080, protocol: 'tcp', host: 49153 }] },
  because: { by: 'leastContainers', of: 2, rejected: {}, revision: 1 },
});

export const observed = (uid: string, more: Partial<RecordOf<'observed'>> = {}): RecordOf<'observed'> => ({
  uid,
  state: 'running',
  id: 'd0c',
  image: 'web:1',
  addresses: { 'default.shop.default': '10.64.0.2' },
  ports: { '8080/tcp': 49153 },
  startedAt: '2026-01-01T00:00:00Z',
  restarts: 0,
  ...more,
});

export const endpoint = (uid: string, address = '10.64.0.2'): RecordOf<'endpoints'> => ({
  uid,
  interfaces: [{ network: 'default.shop.default', name: 'eth0', address, hostInterface: 'cali0', mac: '' }],
  dns: [],
});

export const host = (cloud: string, more: Partial<RecordOf<'hosts'>> = {}): RecordOf<'hosts'> => ({
  cloud,
  phase: 'Ready',
  schedulable: true,
  drain: false,
  lost: false,
  gone: false,
  address: '10.0.0.1',
  location: 'hollow',
  machineId: 'm',
  labels: {},
  capacity: { cpus: 4, memory: 4_091_234_304, containers: 16 },
  foreignPorts: [],
  agent: false,
  docker: { version: '20.10' },
  conditions: [],
  createdAt: '2026-01-01T00:00:00Z',
  ...more,
});
