import { ippool, ippoolTools } from '../../controllers/ippool/index.ts';
import { Registry } from '../../lib/metrics/index.ts';
import { silent, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { createManager } from '../../lib/reconcile/index.ts';
import type { AssignmentRecord, ContainerRecord, HostRecord, NetworkClaim } from '../../lib/records/index.ts';
import { createCache, type Kind, type Kv, type WatchCache } from '../../lib/store/index.ts';
import { connect, inFlight, keys, TXN, withEtcd } from './etcd.ts';

/** ippool alone, as a process has it, on an etcd of its own. */
export interface Running {
  endpoint: string;
  /** Of the bench itself. */
  kv: Kv;
  cache: WatchCache;
}

export const withIppool = <T>(work: (running: Running) => Promise<T>): Promise<T> =>
  withEtcd(async ({ endpoint }) => {
    const [user, kv] = [connect(endpoint), connect(endpoint)];
    const common = { keyspace: keys, clock: systemClock, random: systemRandom, log: silent };
    const cache = createCache({ kv, ...common });
    const manager = createManager({
      ...common,
      ...{ definitions: [ippool], cache, kvFor: () => kv, metrics: new Registry(), tools: { ippool: ippoolTools() } },
      identity: { replica: 'bench', hostname: 'bench', pid: process.pid, version: '0' },
    });
    cache.start();
    manager.start();
    try {
      return await work({ endpoint, kv: user, cache });
    } finally {
      await manager.stop();
      cache.stop();
      kv.close();
      user.close();
    }
  });

export const hostName = (i: number): string => `h-${String(i).padStart(3, '0')}`;

/** @param gone  nothing is given to a host that is */
export const hostRecord = (i: number, { gone }: Pick<HostRecord, 'gone'>): HostRecord => ({
  ...{ cloud: 'bench', phase: 'Ready', schedulable: true, drain: false, lost: false, gone },
  ...{ address: `192.0.2.${i % 250}`, location: 'hollow', machineId: hostName(i), labels: {}, foreignPorts: [] },
  ...{ capacity: { cpus: 64, memory: 2 ** 36 }, agent: false, docker: { version: '' }, conditions: [], createdAt: '' },
});

export const claimOf = (containers: number): NetworkClaim => ({ uid: 7, cloud: 'bench', containers });

export const containerOn = (network: string): ContainerRecord => ({
  ...{ uid: 7, cloud: 'bench', service: 'web', image: 'web', env: {}, labels: {}, ports: [], volumes: [] },
  ...{ resources: { cpus: 0, memory: 0 }, networks: [network], extraHosts: [], restart: 'always', stopGrace: 10 },
  ...{ run: true, update: 'stop-first', strategies: [], spec: 's1' },
});

export const assignment = (i: number): AssignmentRecord => ({
  ...{ uid: `u${String(i).padStart(19, '0')}`, cloud: 'bench', spec: 's1', containerRevision: 1 },
  ...{ reserved: { cpus: 0, memory: 0, ports: [] }, because: { by: '', of: 1, rejected: {}, revision: 1 } },
});

export const HOSTS = 50;

/** The `i`th container: they are spread over all hosts. */
export const containerId = (i: number): string => `default/bench/web-${i}`;
export const assignmentId = (i: number): string => `${hostName(i % HOSTS)}/${containerId(i)}`;

export const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

export type Op = { put: string; value: string } | { delete: string };

export const put = (kind: Kind, id: string, value: object): Op => ({
  put: keys.key(kind, id),
  value: JSON.stringify(value),
});
export const remove = (kind: Kind, id: string): Op => ({ delete: keys.key(kind, id) });

/** As fast as etcd takes them. */
export const write = (kv: Kv, ops: readonly Op[]): Promise<void> =>
  inFlight(
    numbers(Math.ceil(ops.length / TXN.puts)).map(
      (t) => () => kv.txn({ compare: [], then: ops.slice(t * TXN.puts, (t + 1) * TXN.puts) }, { timeoutMs: 60_000 }),
    ),
    TXN.inFlight,
  );

/** Resolves with the event that makes it so. */
export const reached = (cache: WatchCache, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    if (holds()) return resolve();
    const unsubscribe = cache.subscribe(() => {
      if (!holds()) return;
      unsubscribe();
      resolve();
    });
  });

/** Resolves when so many records of a kind have come, or have gone. */
export const changed = (cache: WatchCache, kind: Kind, count: number, what: 'come' | 'go'): Promise<void> =>
  new Promise((resolve) => {
    let left = count;
    const unsubscribe = cache.subscribe((changes) => {
      for (const { kind: changed, before, after } of changes) {
        if (changed === kind && (what === 'come' ? !before : !after)) left--;
      }
      if (left > 0) return;
      unsubscribe();
      resolve();
    });
  });
