import { execFileSync } from 'node:child_process';
import { Vault } from '../../controllers/hostpool/vault.ts';
import { createDockerEngine, type Engine } from '../../lib/docker/index.ts';
import { silent, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { createSealer, loadIdentity } from '../../lib/secrets/index.ts';
import { createCache, type Entry, type Kv, type WatchCache } from '../../lib/store/index.ts';
import { connect, keys, withEtcd } from './etcd.ts';
import { now, until } from './harness.ts';
import { type Program, startProgram } from './program.ts';

/** etcd, the built program, and a user who puts records and watches what comes of them. */
export interface Installation {
  readonly program: Program;
  readonly cache: WatchCache;
  /** Puts a cloud and waits until all its hosts are ready. */
  cloud(name: string, spec: { location: string | object; hosts: { min: number } }): Promise<void>;
  /**
   * Puts an application of so many containers.
   * @returns milliseconds from sending that to the record that the last of them runs and has its address
   */
  scale(app: string, replicas: number): Promise<number>;
  /** What runs of an application, with an address. */
  running(app: string): Entry<'observed'>[];
}

export const CLOUD = 'bench';

/** Whatever happens, everything made is taken back at the end. */
export const withInstallation = <T>(work: (installation: Installation) => Promise<T>): Promise<T> =>
  withEtcd(async ({ endpoint }) => {
    const kv = connect(endpoint);
    const program = await startProgram(endpoint);
    const cache = createCache({ kv, keyspace: keys, clock: systemClock, random: systemRandom, log: silent });
    const user = userOf(kv);
    try {
      cache.start();
      await cache.synced();
      return await Promise.race([work({ program, cache, ...actions(user, cache) }), program.ended]);
    } catch (error) {
      process.stderr.write(`${await program.log()}\n`);
      throw error;
    } finally {
      // Our children may have heard the Ctrl-C that we heard.
      await Promise.race([giveBack(user, cache), program.ended]).catch(() => removeMachines(cache));
      await program.stop();
      cache.stop();
      kv.close();
    }
  });

interface User {
  put(key: string, value: object): Promise<void>;
  delete(key: string): Promise<void>;
}

const userOf = (kv: Kv): User => ({
  async put(key, value) {
    await kv.txn({ compare: [], then: [{ put: key, value: JSON.stringify(value) }] });
  },
  async delete(key) {
    await kv.txn({ compare: [], then: [{ delete: key }] });
  },
});

function actions(user: User, cache: WatchCache) {
  const running = (app: string) =>
    cache
      .list('observed')
      .filter(({ id, value }) => id.split('/')[2] === app && value.state === 'running')
      .filter(({ value }) => Object.keys(value.addresses).length > 0);

  return {
    running,
    async cloud(name: string, spec: { location: string | object; hosts: { min: number } }) {
      await user.put(keys.key('dockerclouds', name), { spec });
      const ready = () => cache.list('hosts', name).filter(({ value }) => value.schedulable).length;
      await until(`${spec.hosts.min} hosts of ${name}`, () => ready() >= spec.hosts.min);
    },
    async scale(app: string, replicas: number) {
      const services = [{ type: 'docker:redis:3', id: 'redis', replicas }];
      const done = changed(cache, () => running(app).length === replicas && observed(app) === replicas);
      const start = now();
      await user.put(keys.key('applications', `default/${app}`), { spec: { location: CLOUD, services } });
      await done;
      return now() - start;
    },
  };

  function observed(app: string): number {
    return cache.list('observed').filter(({ id }) => id.split('/')[2] === app).length;
  }
}

/** Resolves with the event that makes it so, without a poll in between. */
function changed(cache: WatchCache, condition: () => boolean, ms = 120_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      timer.cancel();
      unsubscribe();
    };
    const timer = systemClock.after(ms, () => {
      end();
      reject(new Error(`not so within ${ms / 1000} s`));
    });
    const unsubscribe = cache.subscribe(() => {
      if (!condition()) return;
      end();
      resolve();
    });
  });
}

async function giveBack(user: User, cache: WatchCache): Promise<void> {
  for (const { id } of cache.list('applications')) await user.delete(keys.key('applications', id));
  await until('the containers to go', () => cache.list('observed').length === 0);
  for (const { id } of cache.list('dockerclouds')) await user.delete(keys.key('dockerclouds', id));
  await until('the hosts to go', () => cache.list('hosts').length === 0);
}

/** Without the controllers: what carries the installation's label. */
function removeMachines(cache: WatchCache): void {
  const id = cache.get('installation', '')?.value.id;
  if (id === undefined) return;
  const filter = `label=io.berth.installation=${id}`;
  const found = execFileSync('docker', ['ps', '--all', '--quiet', '--filter', filter]).toString().split('\n');
  const machines = found.filter((line) => line !== '');
  if (machines.length > 0) execFileSync('docker', ['rm', '--force', '--volumes', ...machines], { stdio: 'ignore' });
}

/** The engine of the cloud's only host, reached as the controllers reach it. */
export async function engineOf({ cache, program }: Installation): Promise<Engine> {
  const host = cache.list('hosts', CLOUD)[0]?.value;
  const credentials = cache.get('credentials', CLOUD);
  if (host?.engine?.kind !== 'tls' || !credentials) throw new Error('the host has no engine over TLS');
  const sealer = await createSealer({ identity: await loadIdentity(program.identity) });
  const { ca, client } = await new Vault(sealer).open(credentials);
  const target = {
    host: host.address,
    port: host.engine.port,
    ca: ca.certificate,
    cert: client.certificate,
    key: client.key,
  };
  return createDockerEngine(target, { clock: systemClock });
}
