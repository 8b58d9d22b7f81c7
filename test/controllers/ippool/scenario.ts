import { ippool, ippoolTools } from '../../../controllers/ippool/index.ts';
import { audit, type Finding, keyOf } from '../../../lib/calico/index.ts';
import type {
  AssignmentRecord,
  ContainerRecord,
  EndpointRecord,
  HostRecord,
  NetworkRecord,
  ObservedRecord,
} from '../../../lib/records/index.ts';
import type { Kind, RecordOf, WatchEvent } from '../../../lib/store/index.ts';
import { keys, type Replica, World } from '../../lib/reconcile/support.ts';

/** ippool alone on a store in memory; the test plays users, hostpool, application, placement and container. */
export class Scenario {
  readonly world = new World();
  readonly replica: Replica;

  constructor(options: { supernet?: string } = {}) {
    this.replica = this.world.replica([ippool], { tools: ippoolTools(options) });
  }

  async write<K extends Kind>(kind: K, id: string, value: RecordOf<K>): Promise<void> {
    const text = Buffer.isBuffer(value) ? value : JSON.stringify(value);
    await this.world.settle(this.world.kv.txn({ compare: [], then: [{ put: keys.key(kind, id), value: text }] }));
  }

  async remove(kind: Kind, id: string): Promise<void> {
    await this.world.settle(this.world.kv.txn({ compare: [], then: [{ delete: keys.key(kind, id) }] }));
  }

  host = (name: string, change: Partial<HostRecord> = {}) =>
    this.write('hosts', `cloud/${name}`, {
      ...{ cloud: 'cloud', phase: 'Ready', schedulable: true, drain: false, lost: false, gone: false },
      ...{ address: '192.0.2.11', location: 'hollow', machineId: name, labels: {}, foreignPorts: [], agent: false },
      ...{ capacity: { cpus: 1, memory: 1 }, docker: { version: '' }, conditions: [], createdAt: '' },
      ...change,
    });

  claim = (network: string, containers = 3, uid = 7) =>
    this.write('networkclaims', network, { uid, cloud: 'cloud', containers });

  /** @param spec  as in YAML's flow style, without the braces */
  virtualNetwork = (name: string, spec = '') => this.write('virtualnetworks', name, Buffer.from(`spec: {${spec}}`));

  /** A pool, profile or whatever else as somebody else would write it. */
  foreign = (id: string, value: object) => this.write('calico', id, Buffer.from(JSON.stringify(value)));

  foreignPool = (name: string, cidr: string) =>
    this.foreign(keyOf.pool(name), {
      ...{ kind: 'IPPool', apiVersion: 'projectcalico.org/v3', metadata: { name }, spec: { cidr, disabled: true } },
    });

  /** Changes a record of Calico's as calicoctl would: a word in its text. */
  edit(id: string, from: string, to: string): Promise<void> {
    const before = this.calico(id) ?? '';
    if (!before.includes(from)) throw new Error(`${id} has no ${from}: ${before}`);
    return this.write('calico', id, Buffer.from(before.replace(from, to)));
  }

  status = (name: string) => this.replica.cache.get('status/virtualnetworks', name)?.value;

  /** `True Allocated`: status and reason of a condition. */
  condition(name: string, type: string): string | undefined {
    const found = this.status(name)?.conditions.find((each) => each.type === type);
    return found && `${found.status} ${found.reason}`;
  }

  message = (name: string, type: string): string =>
    this.status(name)?.conditions.find((each) => each.type === type)?.message ?? '';

  container = (id: string, change: Partial<ContainerRecord> = {}) =>
    this.write('containers', id, {
      ...{ uid: 7, cloud: 'cloud', service: 'web', image: 'web', env: {}, labels: {}, ports: [], volumes: [] },
      ...{ resources: { cpus: 0, memory: 0 }, networks: ['default.shop.default'], extraHosts: [], restart: 'always' },
      ...{ stopGrace: 10, run: true, update: 'stop-first', strategies: [], spec: 's1' },
      ...change,
    });

  assign = (id: string, uid: string, change: Partial<AssignmentRecord> = {}) =>
    this.write('assignments', id, {
      ...{ uid, cloud: 'cloud', spec: 's1', containerRevision: 1, reserved: { cpus: 0, memory: 0, ports: [] } },
      because: { by: '', of: 1, rejected: {}, revision: 1 },
      ...change,
    });

  observe = (id: string, uid: string) =>
    this.write('observed', id, {
      ...{ uid, state: 'running', id: 'x', image: '', addresses: {}, ports: {}, restarts: 0 },
    } satisfies ObservedRecord);

  network = (name: string): NetworkRecord | undefined => this.replica.cache.get('networks', name)?.value;
  endpoint = (id: string): EndpointRecord | undefined => this.replica.cache.get('endpoints', id)?.value;
  calico = (id: string): string | undefined => this.replica.cache.get('calico', id)?.value.toString();
  calicoIds = (): string[] => this.replica.cache.list('calico').map(({ id }) => id);

  findings(): Finding[] {
    return audit(this.replica.cache.list('calico').map(({ id, value }) => [id, value] as const));
  }

  until(condition: () => boolean, what: string): Promise<void> {
    return this.world.clock.until(condition, 120_000, what);
  }

  /** Long enough for all that has a reason to happen. */
  settle = () => this.world.clock.advance(3000);

  stop = () => this.world.settle(this.replica.stop());

  /** Everything that happens below a prefix from now on. */
  watch(kind: Kind, listener: (event: WatchEvent) => void): void {
    this.world.kv.watch({ ...keys.range(kind), onEvents: (events) => events.forEach(listener), onEnd() {} });
  }
}
