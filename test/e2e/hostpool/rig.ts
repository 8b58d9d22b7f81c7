import { execFileSync } from 'node:child_process';
import { createHostpoolTools, hostpool } from '../../../controllers/hostpool/index.ts';
import { createDockerEngine } from '../../../lib/docker/index.ts';
import {
  createByon,
  createHostLinks,
  createLocalhost,
  createSandbox,
  Hollow,
  here,
  missingHere,
} from '../../../lib/machine/index.ts';
import { Registry } from '../../../lib/metrics/index.ts';
import { providerOf } from '../../../lib/network/providers/index.ts';
import { type Log, silent, sleep, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { createManager } from '../../../lib/reconcile/index.ts';
import type { DockerCloudStatus, HostRecord } from '../../../lib/records/index.ts';
import { createSsh, localShell } from '../../../lib/ssh/index.ts';
import { createCache, type Kind, keyspace } from '../../../lib/store/index.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';
import { removeAll } from '../../harness/machines.ts';

const say = (fields: object, message: string) => console.error(message, JSON.stringify(fields));
const loud: Log = { debug() {}, info: say, warn: say, error: say, child: () => loud };
const SOCKET = '/var/run/docker.sock';

/** hostpool on real machines and engines; only the store is in memory. */
export class RealRig {
  readonly #clock = systemClock;
  readonly #log = process.env.DEBUG ? loud : silent;
  readonly #etcd = createMemoryEtcd({ clock: this.#clock });
  readonly #keys = keyspace();
  readonly #user = this.#etcd.connect();
  readonly #ssh = createSsh({ clock: this.#clock, log: this.#log });
  readonly #local = createDockerEngine({ socketPath: SOCKET }, { clock: this.#clock });
  readonly cache = createCache({
    ...{ kv: this.#etcd.connect(), keyspace: this.#keys, clock: this.#clock, random: systemRandom, log: this.#log },
  });
  readonly #manager = createManager({
    definitions: [hostpool],
    cache: this.cache,
    kvFor: () => this.#etcd.connect(),
    ...{ keyspace: this.#keys, clock: this.#clock, random: systemRandom, log: this.#log },
    tools: { hostpool: this.#tools() },
    identity: { replica: 'test', hostname: 'test', pid: process.pid, version: '0' },
    metrics: new Registry(),
  });

  start(): void {
    this.cache.start();
    this.#manager.start();
  }

  /** Deletes a cloud and ends hostpool. Where that fails, machines go by force: a test leaves none, however it went. */
  async close(cloud: string): Promise<void> {
    try {
      await this.delete(cloud);
    } finally {
      await this.#manager.stop();
      const installation = this.cache.get('installation', '')?.value.id;
      this.cache.stop();
      this.#ssh.close();
      this.#local.close();
      if (installation !== undefined) await removeAll(installation);
    }
  }

  async put(name: string, spec: object): Promise<void> {
    const value = JSON.stringify({ apiVersion: 'berth/v1', kind: 'DockerCloud', metadata: { name }, spec });
    await this.#user.txn({ compare: [], then: [{ put: this.#keys.key('dockerclouds', name), value }] });
  }

  /** Writes a record of the controllers as anybody with etcdctl could; without a value it is deleted. */
  async tamper(kind: Kind, id: string, value?: object): Promise<void> {
    const key = this.#keys.key(kind, id);
    const deed = value === undefined ? { delete: key } : { put: key, value: JSON.stringify(value) };
    await this.#user.txn({ compare: [], then: [deed] });
  }

  /** Deletes a cloud and waits until nothing of it is left. */
  async delete(name: string): Promise<void> {
    await this.#user.txn({ compare: [], then: [{ delete: this.#keys.key('dockerclouds', name) }] });
    await this.until(`${name} to go`, name, () => !this.cache.get('accepted/dockerclouds', name));
  }

  hosts(cloud: string): (HostRecord & { name: string })[] {
    return this.cache.list('hosts', cloud).map(({ id, value }) => ({ ...value, name: id.slice(cloud.length + 1) }));
  }

  status(cloud: string): DockerCloudStatus | undefined {
    return this.cache.get('status/dockerclouds', cloud)?.value;
  }

  ready(cloud: string, count: number): Promise<void> {
    const ready = () => this.hosts(cloud).filter(({ schedulable }) => schedulable).length === count;
    return this.until(`${count} ready hosts`, cloud, ready);
  }

  async until(what: string, cloud: string, condition: () => boolean, ms = 120_000): Promise<void> {
    const deadline = this.#clock.monotonic() + ms;
    while (!condition()) {
      if (this.#clock.monotonic() > deadline) {
        const seen = this.hosts(cloud).map(({ name, phase, conditions }) => ({ name, phase, conditions }));
        throw new Error(`waited in vain for ${what}: ${JSON.stringify(seen)}`);
      }
      await sleep(this.#clock, 50);
    }
  }

  #tools() {
    const clock = this.#clock;
    const engine = () => this.#local;
    const hollow = new Hollow({ clock, random: systemRandom });
    const links = createHostLinks({
      ssh: this.#ssh,
      local: localShell({ clock }),
      engines: {
        tls: (host, port, { ca, certificate, key }) =>
          createDockerEngine({ host, port, ca, cert: certificate, key }, { clock }),
        unix: (socketPath) => createDockerEngine({ socketPath }, { clock }),
      },
      network: (shell, spec) => providerOf(spec).network(shell, spec),
      hollow: (host) => hollow.connect(host),
      userKeys: here.userKeys,
    });
    return createHostpoolTools({
      locations: {
        sandbox: createSandbox({ clock, engine, missingCapabilities: missingHere }),
        byon: createByon({ knownHosts: here.knownHosts, resolve: here.resolve }),
        localhost: createLocalhost({ engine, socket: SOCKET, address: here.address }),
        hollow,
      },
      links,
      readLocal: here.readLocal,
      // What is sealed here goes with the process.
      sealer: { seal: async (text) => text, open: async (text) => text },
    });
  }
}

/** What docker's own command line says. */
export const docker = (...args: string[]): string =>
  execFileSync('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    .toString()
    .trim();
