import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { silent, systemClock } from '../../lib/platform/index.ts';
import { createEtcd } from '../../lib/store/etcd/index.ts';
import { type Kv, keyspace, prefixEnd } from '../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../harness/etcd.ts';

export const keys = keyspace();

/** Puts in a transaction, and transactions at once: etcd's limit, and what fills it (engineering.md §11). */
export const TXN = { puts: 128, inFlight: 8 };

export const connect = (endpoint: string): Kv => createEtcd({ endpoints: [endpoint], clock: systemClock, log: silent });

/** An etcd as it comes: the harness of the tests spares it the fsync. */
export async function withEtcd<T>(work: (etcd: EtcdProcess) => Promise<T>): Promise<T> {
  const etcd = await startEtcd({ flags: ['--unsafe-no-fsync=false', `--quota-backend-bytes=${4 * 2 ** 30}`] });
  try {
    return await work(etcd);
  } finally {
    await etcd.close();
  }
}

/** The `i`th of many wanted containers, as the application controller would write it: some 460 bytes. */
export const containerRecord = (i: number) => ({
  uid: `uid${String(i).padStart(17, '0')}`,
  cloud: 'bench',
  image: 'redis:3',
  env: { LOG_LEVEL: 'info', ZONE: `zone-${i % 10}` },
  resources: { cpus: 0.25, memory: 268_435_456 },
  ports: [{ port: 6379, protocol: 'tcp' }],
  networks: [`default.bench-${i % 100}.default`],
  volumes: [],
  restart: 'unless-stopped',
  run: true,
  update: 'stop-first',
  strategies: [],
  labels: { tier: 'store' },
  extraHosts: [],
  stopGrace: 10,
  spec: `spec${String(i).padStart(28, '0')}`,
});

const containerKey = (i: number): string => keys.key('containers', `default/bench-${i % 100}/redis-${i}`);

/** Puts so many containers, without a condition, as fast as etcd takes them. */
export async function fill(kv: Kv, count: number): Promise<void> {
  const transactions = Array.from({ length: Math.ceil(count / TXN.puts) }, (_, t) => async () => {
    const length = Math.min(TXN.puts, count - t * TXN.puts);
    const puts = Array.from({ length }, (_, i) => t * TXN.puts + i);
    const then = puts.map((i) => ({ put: containerKey(i), value: JSON.stringify(containerRecord(i)) }));
    await kv.txn({ compare: [], then }, { timeoutMs: 60_000 });
  });
  await inFlight(transactions, TXN.inFlight);
}

/** Does all in order, so many at once. */
export async function inFlight(work: readonly (() => Promise<unknown>)[], atOnce: number): Promise<void> {
  const rest = work.values();
  const lane = async () => {
    for (const next of rest) await next();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Deletes all that berth holds, and the history of it. */
export async function empty(kv: Kv): Promise<void> {
  const { revision } = await kv.txn(
    { compare: [], then: [{ delete: keys.prefix, end: prefixEnd(keys.prefix) }] },
    { timeoutMs: 60_000 },
  );
  await kv.compact(revision);
}

/** Runs a file of this folder in a process of its own, and hands back the one message that it sends. */
export async function inChild(name: string, args: readonly string[]): Promise<unknown> {
  const child = startChild(name, args);
  const answer = once(child, 'message');
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with code ${code}`)));
  ended.catch(() => undefined);
  const [message] = await Promise.race([answer, ended]);
  return message;
}

/** @param name  of a file in `children` */
export const startChild = (name: string, args: readonly string[]): ChildProcess =>
  fork(new URL(`./children/${name}.js`, import.meta.url), [...args], {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
