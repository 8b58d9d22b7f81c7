import { once } from 'node:events';
import { startChild } from './etcd.ts';
import { type Bench, now, settle, until } from './harness.ts';
import {
  assignment,
  assignmentId,
  changed,
  claimOf,
  containerId,
  containerOn,
  HOSTS,
  hostName,
  hostRecord,
  numbers,
  put,
  type Running,
  reached,
  withIppool,
  write,
} from './ippool.ts';

/** Runs that are measured, after those in which the machine code is made that a process has from its first minutes on. */
const RUNS = 5;
const WARMUPS = 3;
const BULK = 10_000;
const SINGLY = 200;
const NETWORK = 'default.bench.default';
/** Networks that there are beside the one that is measured. */
const FEW = 10;
const MANY = 10_000;
const MORE = 100;
const WARMUP = 20;

/** What it took, each address. */
interface Taken {
  /** Addresses in a second. */
  rate: number;
  /** Microseconds of CPU of this process: ippool, its cache and its client. */
  cpu: number;
}

/**
 * Each address is a block's share, a handle, a workload endpoint and our own endpoint, and lands only if the assignment
 * still stands. What anybody else writes for it is written before the clock starts, or by another process.
 */
export const addresses: Bench = {
  name: 'addresses',
  about: `${BULK} addresses on ${HOSTS} hosts assigned and released, ${SINGLY} one by one; a network beside ${FEW} and ${MANY}`,
  run: async (say) => {
    const runs: { assigned: Taken; released: Taken; singly: number }[] = [];
    for (let run = 1 - WARMUPS; run <= RUNS; run++) {
      await withIppool(async (running) => {
        await prepare(running);
        const assigned = await assign(running);
        const released = await release(running);
        const singly = await oneByOne(running);
        say(`run ${run} of ${RUNS}: ${Math.round(assigned.rate)}/s assigned, ${Math.round(released.rate)}/s released`);
        if (run > 0) runs.push({ assigned, released, singly });
      });
    }
    const networks = await oneMoreNetwork(say);
    const goal = { of: 'median', atLeast: 5000 } as const;
    return [
      { name: 'assigned in bulk', unit: 'addresses/s', values: runs.map(({ assigned }) => assigned.rate), goal },
      { name: 'released in bulk', unit: 'addresses/s', values: runs.map(({ released }) => released.rate), goal },
      { name: 'CPU of one assigned in bulk', unit: 'µs', values: runs.map(({ assigned }) => assigned.cpu) },
      { name: 'CPU of one released in bulk', unit: 'µs', values: runs.map(({ released }) => released.cpu) },
      { name: 'assigned singly', unit: 'addresses/s', values: runs.map(({ singly }) => singly) },
      {
        name: `a network beside ${MANY}`,
        unit: 'ms',
        values: networks.many.map(({ ms }) => ms),
        against: { name: `beside ${FEW}`, values: networks.few.map(({ ms }) => ms) },
        goal: { of: 'ratio', atMost: 1.3 },
      },
      {
        name: `CPU of a network beside ${MANY}`,
        unit: 'µs',
        values: networks.many.map(({ cpu }) => cpu),
        against: { name: `beside ${FEW}`, values: networks.few.map(({ cpu }) => cpu) },
      },
    ];
  },
};

/** All stands there, but the hosts are gone: so nothing has an address yet. */
export async function prepare({ kv, cache }: Running): Promise<void> {
  await write(kv, [
    ...numbers(HOSTS).map((i) => put('hosts', `bench/${hostName(i)}`, hostRecord(i, { gone: true }))),
    put('networkclaims', 'default/bench/default', claimOf(BULK + SINGLY)),
    ...numbers(BULK).map((i) => put('containers', containerId(i), containerOn(NETWORK))),
    ...numbers(BULK).map((i) => put('assignments', assignmentId(i), assignment(i))),
  ]);
  await until('the network', () => cache.get('networks', NETWORK) !== undefined);
  await until('the assignments', () => cache.list('assignments').length === BULK);
}

/** From the hosts, which come back, to all endpoints. */
export async function assign({ kv, cache }: Running): Promise<Taken> {
  const done = changed(cache, 'endpoints', BULK, 'come');
  const hosts = numbers(HOSTS).map((i) => put('hosts', `bench/${hostName(i)}`, hostRecord(i, { gone: false })));
  return measured(async () => {
    await write(kv, hosts);
    await done;
  });
}

/** From the first assignment that is taken back to no endpoint. */
export async function release({ endpoint, cache }: Running): Promise<Taken> {
  const child = startChild('unassign', [endpoint, String(BULK)]);
  await once(child, 'message');
  const done = changed(cache, 'endpoints', BULK, 'go');
  return measured(async () => {
    child.send('go');
    await done;
  });
}

async function measured(work: () => Promise<void>): Promise<Taken> {
  const before = process.cpuUsage();
  const begin = now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { rate: BULK / ((now() - begin) / 1000), cpu: (user + system) / BULK };
}

/** Each is put when the one before has its address. */
async function oneByOne({ kv, cache }: Running): Promise<number> {
  const more = numbers(SINGLY, BULK);
  await write(
    kv,
    more.map((i) => put('containers', containerId(i), containerOn(NETWORK))),
  );
  const begin = now();
  for (const i of more) {
    await write(kv, [put('assignments', assignmentId(i), assignment(i))]);
    await reached(cache, () => cache.get('endpoints', assignmentId(i)) !== undefined);
  }
  return SINGLY / ((now() - begin) / 1000);
}

const claim = (i: number) => put('networkclaims', `default/app-${i}/default`, claimOf(3));

/**
 * From the put of a claim to its network, with few and with many there: each in a store of its own, turn by turn, so that
 * whatever else the machine does meets both.
 */
export const oneMoreNetwork = (say: (progress: string) => void): Promise<{ few: Cost[]; many: Cost[] }> =>
  withIppool((little) =>
    withIppool(async (large) => {
      for (const [{ kv, cache }, existing] of [
        [little, FEW],
        [large, MANY],
      ] as const) {
        say(`makes ${existing} networks`);
        const done = changed(cache, 'networks', existing, 'come');
        await write(kv, numbers(existing).map(claim));
        await done;
      }
      await settle();
      const costs: { few: Cost[]; many: Cost[] } = { few: [], many: [] };
      for (const i of numbers(WARMUP + MORE, MANY)) {
        const [few, many] = [await makeNetwork(little, i), await makeNetwork(large, i)];
        if (i < MANY + WARMUP) continue;
        costs.few.push(few);
        costs.many.push(many);
      }
      return costs;
    }),
  );

/** What one network took: milliseconds until it was there, and microseconds of CPU of this process. */
interface Cost {
  ms: number;
  cpu: number;
}

async function makeNetwork({ kv, cache }: Running, i: number): Promise<Cost> {
  const before = process.cpuUsage();
  const begin = now();
  await write(kv, [claim(i)]);
  await reached(cache, () => cache.get('networks', `default.app-${i}.default`) !== undefined);
  const { user, system } = process.cpuUsage(before);
  return { ms: now() - begin, cpu: user + system };
}
