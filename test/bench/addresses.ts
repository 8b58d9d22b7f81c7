import { ippool, ippoolTools } from '../../controllers/ippool/index.ts';
import { Registry } from '../../lib/metrics/index.ts';
import { silent, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { createManager } from '../../lib/reconcile/index.ts';
import type { AssignmentRecord, ContainerRecord, HostRecord, NetworkClaim } from '../../lib/records/index.ts';
import { createCache, type Kv, type WatchCache } from '../../lib/store/index.ts';
import { connect, inFlight, keys, TXN, withEtcd } from './etcd.ts';
import { type Bench, now, until } from './harness.ts';

const RUNS = 3;
const HOSTS = 50;
const BULK = 10_000;
const SINGLY = 200;
const NETWORK = 'default.bench.default';
/** Networks that there are beside the one that is measured. */
const FEW = 10;
const MANY = 10_000;
const MORE = 60;

/**
 * ippool alone, as a process has it, on etcd: the assignments are put beforehand and belong to containers that are not
 * there yet; what is measured begins when those are put. Each address is a block's share, a handle, a workload endpoint and
 * our own endpoint.
 */
export const addresses: Bench = {
  name: 'addresses',
  about: `${BULK} addresses on ${HOSTS} hosts assigned and released, ${SINGLY} one by one; a network beside ${FEW} and ${MANY}`,
  run: async (say) => {
    const rates = { assigned: [] as number[], released: [] as number[], singly: [] as number[], cpu: [] as number[] };
    for (let run = 0; run <= RUNS; run++) {
      await withIppool(async ({ kv, cache }) => {
        await prepare(kv, cache);
        const bulk = await inBulk(kv, cache);
        const singly = await oneByOne(kv, cache);
        // The first one warms up.
        if (run === 0) return;
        say(`run ${run} of ${RUNS}: ${Math.round(bulk.assigned)}/s assigned, ${Math.round(bulk.released)}/s released`);
        rates.assigned.push(bulk.assigned);
        rates.released.push(bulk.released);
        rates.singly.push(singly);
        rates.cpu.push(bulk.cpu);
      });
    }
    const networks = await oneMoreNetwork(say);
    return [
      { name: 'assigned in bulk', unit: 'addresses/s', values: rates.assigned, goal: { of: 'median', atLeast: 5000 } },
      { name: 'released in bulk', unit: 'addresses/s', values: rates.released, goal: { of: 'median', atLeast: 5000 } },
      { name: 'CPU of an address, there and back', unit: 'µs', values: rates.cpu },
      { name: 'assigned singly', unit: 'addresses/s', values: rates.singly },
      {
        name: `a network beside ${MANY}`,
        unit: 'ms',
        values: networks.many,
        against: { name: `beside ${FEW}`, values: networks.few },
        goal: { of: 'ratio', atMost: 1.3 },
      },
    ];
  },
};

interface Running {
  kv: Kv;
  cache: WatchCache;
}

const withIppool = <T>(work: (running: Running) => Promise<T>): Promise<T> =>
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
      return await work({ kv: user, cache });
    } finally {
      await manager.stop();
      cache.stop();
      kv.close();
      user.close();
    }
  });

const host = (i: number): string => `h-${String(i).padStart(3, '0')}`;
const hostRecord = (i: number): HostRecord => ({
  ...{ cloud: 'bench', phase: 'Ready', schedulable: true, drain: false, lost: false, gone: false },
  ...{ address: `192.0.2.${i % 250}`, location: 'hollow', machineId: host(i), labels: {}, foreignPorts: [] },
  ...{ capacity: { cpus: 64, memory: 2 ** 36 }, agent: false, docker: { version: '' }, conditions: [], createdAt: '' },
});
const claim = (containers: number): NetworkClaim => ({ uid: 7, cloud: 'bench', containers });
const container: ContainerRecord = {
  ...{ uid: 7, cloud: 'bench', service: 'web', image: 'web', env: {}, labels: {}, ports: [], volumes: [] },
  ...{ resources: { cpus: 0, memory: 0 }, networks: [NETWORK], extraHosts: [], restart: 'always', stopGrace: 10 },
  ...{ run: true, update: 'stop-first', strategies: [], spec: 's1' },
};
const assignment = (i: number): AssignmentRecord => ({
  ...{ uid: `u${String(i).padStart(19, '0')}`, cloud: 'bench', spec: 's1', containerRevision: 1 },
  ...{ reserved: { cpus: 0, memory: 0, ports: [] }, because: { by: '', of: 1, rejected: {}, revision: 1 } },
});

const containerKey = (i: number): string => keys.key('containers', `default/bench/web-${i}`);
const assignmentKey = (i: number): string => keys.key('assignments', `${host(i % HOSTS)}/default/bench/web-${i}`);
const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

type Op = { put: string; value: string } | { delete: string };

/** As fast as etcd takes them. */
const write = (kv: Kv, ops: readonly Op[]): Promise<void> =>
  inFlight(
    numbers(Math.ceil(ops.length / TXN.puts)).map(
      (t) => () => kv.txn({ compare: [], then: ops.slice(t * TXN.puts, (t + 1) * TXN.puts) }, { timeoutMs: 60_000 }),
    ),
    TXN.inFlight,
  );

const json = (key: string, value: object): Op => ({ put: key, value: JSON.stringify(value) });

async function prepare(kv: Kv, cache: WatchCache): Promise<void> {
  await write(kv, [
    ...numbers(HOSTS).map((i) => json(keys.key('hosts', `bench/${host(i)}`), hostRecord(i))),
    json(keys.key('networkclaims', 'default/bench/default'), claim(BULK + SINGLY)),
    ...numbers(BULK).map((i) => json(containerKey(i), container)),
  ]);
  await until('the network', () => cache.get('networks', NETWORK) !== undefined);
}

const endpoints = (cache: WatchCache): number => cache.list('endpoints').length;

async function inBulk(kv: Kv, cache: WatchCache): Promise<{ assigned: number; released: number; cpu: number }> {
  const before = process.cpuUsage();
  const begin = now();
  await write(
    kv,
    numbers(BULK).map((i) => json(assignmentKey(i), assignment(i))),
  );
  await until('the endpoints', () => endpoints(cache) === BULK);
  const assigned = now();
  await write(
    kv,
    numbers(BULK).map((i) => ({ delete: assignmentKey(i) })),
  );
  await until('the endpoints to go', () => endpoints(cache) === 0);
  const released = now();
  const { user, system } = process.cpuUsage(before);
  return {
    assigned: BULK / ((assigned - begin) / 1000),
    released: BULK / ((released - assigned) / 1000),
    cpu: (user + system) / BULK,
  };
}

/** Each is put when the one before has its address. */
async function oneByOne(kv: Kv, cache: WatchCache): Promise<number> {
  const more = numbers(SINGLY, BULK);
  await write(
    kv,
    more.map((i) => json(containerKey(i), container)),
  );
  const begin = now();
  for (const i of more) {
    await write(kv, [json(assignmentKey(i), assignment(i))]);
    await reached(cache, 'endpoints', `${host(i % HOSTS)}/default/bench/web-${i}`);
  }
  return SINGLY / ((now() - begin) / 1000);
}

/** Resolves with the event that brings a record. */
const reached = (cache: WatchCache, kind: 'endpoints' | 'networks', id: string): Promise<void> =>
  new Promise((resolve) => {
    if (cache.get(kind, id)) return resolve();
    const unsubscribe = cache.subscribe(() => {
      if (!cache.get(kind, id)) return;
      unsubscribe();
      resolve();
    });
  });

const claimKey = (i: number): string => keys.key('networkclaims', `default/app-${i}/default`);

/** From the put of a claim to its network, with few and with many there. Each in a store of its own. */
async function oneMoreNetwork(say: (progress: string) => void): Promise<{ few: number[]; many: number[] }> {
  const cost = (existing: number): Promise<number[]> =>
    withIppool(async ({ kv, cache }) => {
      say(`makes ${existing} networks`);
      await write(
        kv,
        numbers(existing).map((i) => json(claimKey(i), claim(3))),
      );
      await until('the networks', () => cache.list('networks').length === existing, 600_000);
      const times: number[] = [];
      for (const i of numbers(MORE, existing)) {
        const begin = now();
        await write(kv, [json(claimKey(i), claim(3))]);
        await reached(cache, 'networks', `default.app-${i}.default`);
        times.push(now() - begin);
      }
      return times;
    });
  return { few: await cost(FEW), many: await cost(MANY) };
}
