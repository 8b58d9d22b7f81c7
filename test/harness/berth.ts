import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type ContainerDetails,
  type ContainerSummary,
  createDockerEngine,
  type Engine,
} from '../../lib/docker/index.ts';
import { silent, systemClock } from '../../lib/platform/index.ts';
import type { CloudSecrets } from '../../lib/records/index.ts';
import { createSealer, loadIdentity } from '../../lib/secrets/index.ts';
import { createEtcd } from '../../lib/store/etcd/index.ts';
import { type Entry, Holdings, type KeyValue, type Kind, type Kv, keyspace, prefixEnd } from '../../lib/store/index.ts';
import { brokenAtRest, leaked } from '../invariants/index.ts';
import { type Demanded, demandRoles } from './auth.ts';
import { type EtcdProcess, startEtcd } from './etcd.ts';
import { machinesOf, removeAll, type SandboxMachine, type Traces } from './machines.ts';
import { type Replica, startReplica } from './replica.ts';
import { type Patience, until } from './until.ts';
import { Witness } from './witness.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const keys = keyspace();
/** Milliseconds that an engine may take to list its containers before it counts as not answering. */
const ENGINE_PATIENCE = 3000;

/**
 * An installation of berth as its users have it: an etcd, processes of `berth controllers`, machines. Everything is its
 * own, down to the home directory, so that several can live on one computer.
 *
 * @example
 *   const berth = await Installation.start();
 *   await berth.put('dockerclouds/c', 'spec: …');
 *   await berth.ready('applications', 'default/shop');
 *   await berth.close();
 */
export class Installation {
  readonly etcd: EtcdProcess;
  /** As root: users of etcd, and we, may read and write everything. */
  readonly kv: Kv;
  readonly directory: string;
  readonly replicas: Replica[] = [];
  witness!: Witness;
  /** Users of etcd that the controllers are, where it demands passwords; by controller, and `reader`. */
  readonly credentials: Demanded['credentials'];
  readonly #access: readonly string[];
  readonly #engines = new Map<string, { engine: Engine; target: string }>();
  #started = 0;
  #id: string | undefined;

  private constructor(etcd: EtcdProcess, directory: string, demanded: Demanded | undefined) {
    this.etcd = etcd;
    this.directory = directory;
    this.credentials = demanded?.credentials ?? {};
    this.#access = demanded?.access ?? [];
    this.kv = createEtcd({ endpoints: [etcd.endpoint], ...demanded?.user, clock: systemClock, log: silent });
  }

  get #env(): NodeJS.ProcessEnv {
    const { directory } = this;
    return { PATH: process.env.PATH, HOME: directory, XDG_STATE_HOME: directory, XDG_CONFIG_HOME: directory };
  }

  /** @param auth  `roles`: etcd demands passwords, and each controller writes under a role of its own */
  static async start({
    replicas = 1,
    auth = 'none',
  }: {
    replicas?: number;
    auth?: 'none' | 'roles';
  } = {}): Promise<Installation> {
    const etcd = await startEtcd();
    const directory = await mkdtemp(join(tmpdir(), 'berth-home-'));
    let berth: Installation | undefined;
    try {
      const demanded = auth === 'roles' ? await demandRoles(etcd, directory) : undefined;
      berth = new Installation(etcd, directory, demanded);
      for (let i = 0; i < replicas; i++) await berth.startReplica();
      await berth.id();
      berth.witness = await berth.#witnessed();
      return berth;
    } catch (error) {
      await (berth ?? etcd).close();
      throw error;
    }
  }

  /** One more process of `berth controllers`. */
  async startReplica(): Promise<Replica> {
    const args = ['controllers', '--etcd', this.etcd.endpoint, '--http', '127.0.0.1:0'];
    const identity = ['--identity', join(this.directory, 'identity')];
    const log = join(this.directory, `replica-${++this.#started}.log`);
    const replica = await startReplica([...args, ...identity, ...this.#access], this.#env, log);
    this.replicas.push(replica);
    return replica;
  }

  /** Runs a command of `berth` as a user of this installation. @returns what it prints @throws when it fails */
  async cli(...args: string[]): Promise<string> {
    const options = ['--etcd', this.etcd.endpoint, ...this.#access];
    const command = ['--import', 'tsx', 'cli/main.ts', ...args, ...options];
    const { stdout } = await run(process.execPath, command, { cwd: ROOT, env: this.#env });
    return stdout;
  }

  /** `kill -9`. */
  async kill(replica: Replica): Promise<void> {
    this.replicas.splice(this.replicas.indexOf(replica), 1);
    await replica.kill();
  }

  /** Ends all processes of controllers, in order. */
  async stopReplicas(): Promise<void> {
    await Promise.all(this.replicas.splice(0).map((replica) => replica.stop()));
  }

  /** Takes etcd back to a snapshot while everybody else runs on. What was witnessed before is of another history. */
  async restore(snapshot: string): Promise<void> {
    this.witness.stop();
    await this.etcd.restore(snapshot);
    this.witness = await until('the restored etcd', () => this.#witnessed());
  }

  #witnessed(): Promise<Witness> {
    return Witness.start(this.kv, keys, () => this.containers());
  }

  /** The highest leader that each machine has obeyed, by `<host> <controller>`. */
  async fences(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const machine of await this.machines())
      for (const [controller, fence] of await machine.fences()) found.set(`${machine.host} ${controller}`, fence);
    return found;
  }

  /** The random id by which everything of this installation is known. */
  async id(): Promise<string> {
    this.#id ??= await until(
      'the installation to have an id',
      async () => (await this.get('installation', ''))?.value.id,
    );
    return this.#id;
  }

  /** As a user does. @param key below the prefix */
  async put(key: string, value: string | Buffer): Promise<number> {
    const { revision } = await this.kv.txn({ compare: [], then: [{ put: `${keys.prefix}/${key}`, value }] });
    return revision;
  }

  async delete(key: string): Promise<void> {
    await this.kv.txn({ compare: [], then: [{ delete: `${keys.prefix}/${key}` }] });
  }

  /** A record as it stands in etcd now. */
  async get<K extends Kind>(kind: K, id: string): Promise<Entry<K> | undefined> {
    const { kvs } = await this.kv.range({ key: keys.key(kind, id) });
    return holding(kvs).collection(kind).get(id);
  }

  /** All records of a kind as they stand in etcd now. */
  async list<K extends Kind>(kind: K): Promise<Entry<K>[]> {
    const { kvs } = await this.kv.range(keys.range(kind));
    return holding(kvs).collection(kind).list();
  }

  /** `<status> <reason>` of a condition of a user's record, once it speaks of the record as it stands. */
  async condition(kind: 'dockerclouds' | 'applications', id: string, type: string): Promise<string | undefined> {
    const [record, status] = await Promise.all([this.get(kind, id), this.get(`status/${kind}`, id)]);
    if (!status || status.value.observedGeneration !== record?.modRevision) return undefined;
    const found = status.value.conditions.find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}`;
  }

  /** Until a user's record, as it stands, is `Ready`. */
  async ready(kind: 'dockerclouds' | 'applications', id: string, patience: Patience = {}): Promise<void> {
    const look = async () => (await this.condition(kind, id, 'Ready'))?.startsWith('True');
    const explain = async () => [
      (await this.get(`status/${kind}`, id))?.value,
      (await this.list('hosts')).map(({ value }) => value),
    ];
    await until(`${kind}/${id} to be ready`, look, { explain, ...patience });
  }

  /** Until what is wanted runs, and nothing else; samples all the while. */
  async rest(patience: Patience = {}): Promise<void> {
    const broken = async () => {
      await this.witness.sample();
      return brokenAtRest(this.witness.ledger);
    };
    await until('everything to be at rest', async () => (await broken()).length === 0, {
      explain: broken,
      ...patience,
    });
  }

  /** What is left of everything that users ever wanted, in words. */
  async leftovers(): Promise<string[]> {
    await this.witness.sample();
    return leaked(this.witness.ledger);
  }

  async machines(): Promise<SandboxMachine[]> {
    return machinesOf(await this.id());
  }

  /** What the engines of this installation hold of ours, by host. Those that do not answer are left out. */
  async containers(): Promise<Map<string, ContainerSummary[]>> {
    const label = `io.berth.installation=${await this.id()}`;
    const found = new Map<string, ContainerSummary[]>();
    const hosts = await this.list('hosts');
    await Promise.all(
      hosts.map(async ({ id }) => {
        try {
          const engine = await this.engine(id);
          found.set(nameOf(id), (await engine?.list(label, { timeoutMs: ENGINE_PATIENCE })) ?? []);
        } catch {
          // It does not answer, which is what a test of broken machines is about.
        }
      }),
    );
    return found;
  }

  /** All containers in full, by `<host>/<namespace>/<app>/<name>`. */
  async details(): Promise<Map<string, ContainerDetails>> {
    const found = new Map<string, ContainerDetails>();
    for (const { id: host } of await this.list('hosts')) {
      const engine = await this.engine(host);
      for (const { id, labels } of (await engine?.list(`io.berth.installation=${await this.id()}`)) ?? [])
        found.set(`${nameOf(host)}/${labels['io.berth.container']}`, await engine!.inspect(id));
    }
    return found;
  }

  /** A line a container: whoever does not notice a thing has the same line before and after. */
  async whatRuns(): Promise<string[]> {
    const lines = [...(await this.details())].map(
      ([name, { id, pid, startedAt, restarts, state }]) => `${name} ${state} ${id} pid ${pid} ${startedAt} ${restarts}`,
    );
    return lines.sort();
  }

  /** Everything that berth could have left, in etcd and on its machines; what lives as long as the process aside. */
  async footprint(): Promise<{ keys: string[]; machines: Record<string, Traces> }> {
    const ranges = keys.prefixes.map((key) => ({ key, end: prefixEnd(key), keysOnly: true }));
    const found = await Promise.all(ranges.map((range) => this.kv.range(range)));
    const machines = await this.machines();
    const traces = await Promise.all(machines.map(async (each) => [each.host, await each.traces()] as const));
    return {
      keys: found.flatMap(({ kvs }) => kvs.map(({ key }) => key)).filter((key) => !PASSING.test(key)),
      machines: Object.fromEntries(traces),
    };
  }

  /** The engine of a host, as the controllers reach it. @param id `<cloud>/<host>`; undefined until it is prepared */
  async engine(id: string): Promise<Engine | undefined> {
    const host = (await this.get('hosts', id))?.value;
    if (!host?.prepared || host.engine?.kind !== 'tls' || host.address === '') return undefined;
    const target = `${host.address}:${host.engine.port}`;
    const known = this.#engines.get(id);
    if (known?.target === target) return known.engine;
    known?.engine.close();
    const secrets = await this.secretsOf(host.cloud);
    if (!secrets) return undefined;
    const { ca, client } = secrets;
    const { address, engine: endpoint } = host;
    const engine = createDockerEngine(
      { host: address, port: endpoint.port, ca: ca.certificate, cert: client.certificate, key: client.key },
      { clock: systemClock },
    );
    this.#engines.set(id, { engine, target });
    return engine;
  }

  /** What `credentials/<cloud>` hides. */
  async secretsOf(cloud: string): Promise<CloudSecrets | undefined> {
    const credentials = await this.get('credentials', cloud);
    if (!credentials) return undefined;
    const sealer = await createSealer({ identity: await this.identity() });
    return JSON.parse(await sealer.open(credentials.value.sealed));
  }

  /** What opens all secrets of this installation. */
  identity(): Promise<string> {
    return loadIdentity(join(this.directory, 'identity'));
  }

  /** Ends everything and removes all that it made. Logs survive in the folder that BERTH_E2E_LOGS names, if it does. */
  async close(): Promise<void> {
    this.witness?.stop();
    await Promise.all(this.replicas.splice(0).map((replica) => replica.kill()));
    for (const { engine } of this.#engines.values()) engine.close();
    this.kv.close();
    if (this.#id !== undefined) await removeAll(this.#id);
    await this.etcd.close();
    const logs = process.env.BERTH_E2E_LOGS;
    if (logs !== undefined) await cp(this.directory, join(logs, basename(this.directory)), { recursive: true });
    await rm(this.directory, { recursive: true, force: true });
  }
}

/**
 * Keys of processes, not of records, and what tells any Calico that this is its datastore and which hosts it has: a node
 * goes with its host.
 */
const PASSING =
  /^\/berth\/v1\/(events|leaders|members)\/|^\/calico\/(ipam\/v2\/config|resources\/v3\/projectcalico\.org\/((clusterinformations|tiers)\/default|nodes\/.*))$/;

const nameOf = (hostId: string): string => hostId.slice(hostId.indexOf('/') + 1);

function holding(kvs: readonly KeyValue[]): Holdings {
  const holdings = new Holdings(keys);
  holdings.apply(kvs.map((kv) => ({ type: 'put', kv })));
  return holdings;
}
