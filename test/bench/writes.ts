import { Etcd3 } from 'etcd3';
import { silent, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { createCache, createStore, type Kv, prefixEnd, type TxnRequest } from '../../lib/store/index.ts';
import { connect, inFlight, keys, TXN, withEtcd } from './etcd.ts';
import { type Bench, timed } from './harness.ts';

const WRITES = 20_000;
const RUNS = 7;
const LEADER = keys.key('leaders', 'placement');
const CLOUDS = 10;
/** Writes that a controller has under way: as many as the transactions in flight hold, and as many again that wait. */
const WAITING = 2 * TXN.puts * TXN.inFlight;

const assignment = (i: number) => ({
  uid: `uid${String(i).padStart(17, '0')}`,
  cloud: `cloud-${i % CLOUDS}`,
  spec: `spec${String(i).padStart(28, '0')}`,
  containerRevision: i,
  reserved: { cpus: 0.25, memory: 268_435_456, ports: [] },
  because: { by: 'breadthFirst', of: 500, rejected: {}, revision: i },
});

/**
 * The writer as placement uses it: each assignment compares the leader's key, its own absence, and `schedulable` of its
 * cloud. What it sends is recorded once, and sent again by etcd3 alone, to an etcd in the same state.
 *
 * Both make JSON of records. On our side of the scales is also that the process's cache follows the writes through a
 * watch, which etcd has to serve as well; etcd3 is given keys and comparisons that are ready.
 */
export const writes: Bench = {
  name: 'writes',
  about: `${WRITES} guarded creates, 2048 of them under way at a time`,
  run: (say) =>
    withEtcd(async ({ endpoint }) => {
      const kv = connect(endpoint);
      const etcd = new Etcd3({ hosts: endpoint });
      try {
        const prepared = [LEADER, ...Array.from({ length: CLOUDS }, (_, i) => keys.key('schedulable', `cloud-${i}`))];
        await kv.txn({ compare: [], then: prepared.map((key) => ({ put: key, value: '{}' })) });
        const { kvs } = await kv.range({ key: LEADER });
        const createRevision = kvs[0]!.createRevision;

        // Also warms up. Not recorded while it is measured: who sends keeps nothing of it for somebody else.
        const sent: TxnRequest[] = [];
        await guardedWrites(recording(kv, sent), createRevision);
        const plain = sent.map(plainOf);
        await clear(kv);

        const guarded: Cost[] = [];
        const bare: Cost[] = [];
        for (let run = 0; run <= RUNS; run++) {
          const ours = await guardedWrites(kv, createRevision);
          await clear(kv);
          const theirs = await cost(() =>
            inFlight(
              plain.map((transaction) => bareWrite(etcd, transaction)),
              TXN.inFlight,
            ),
          );
          await clear(kv);
          // The first one warms up etcd3.
          if (run === 0) continue;
          say(`run ${run} of ${RUNS}: ${plain.length} transactions`);
          guarded.push(ours);
          bare.push(theirs);
        }
        const name = 'etcd3, same transactions';
        const rates = (costs: Cost[]) => costs.map(({ ms }) => WRITES / (ms / 1000));
        const cpu = (costs: Cost[]) => costs.map(({ cpuMicroseconds }) => cpuMicroseconds / WRITES);
        return [
          {
            name: 'guarded writes',
            unit: 'writes/s',
            values: rates(guarded),
            against: { name, values: rates(bare) },
            goal: { of: 'ratio', atLeast: 0.6 },
          },
          { name: 'CPU of a write', unit: 'µs', values: cpu(guarded), against: { name, values: cpu(bare) } },
        ];
      } finally {
        etcd.close();
        kv.close();
      }
    }),
};

interface Cost {
  ms: number;
  /** Of this process, with its garbage collector. etcd's is not in it. */
  cpuMicroseconds: number;
}

async function cost(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const ms = await timed(work);
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMicroseconds: user + system };
}

/** With the cache of a process, which holds and follows everything, beside it. */
async function guardedWrites(kv: Kv, createRevision: number): Promise<Cost> {
  const common = { kv, keyspace: keys, clock: systemClock, log: silent };
  const cache = createCache({ ...common, random: systemRandom });
  cache.start();
  await cache.synced();
  const store = createStore({
    ...common,
    cache,
    owner: 'placement',
    owns: ['assignments'],
    fence: () => ({ key: LEADER, createRevision }),
    check: () => {},
  });
  const write = (_: unknown, i: number) => () =>
    store.put('assignments', `host-${i % 500}/default/bench/redis-${i}`, assignment(i), {
      guards: [{ unchanged: 'schedulable', id: `cloud-${i % CLOUDS}` }],
    });
  const spent = await cost(() => inFlight(Array.from({ length: WRITES }, write), WAITING));
  cache.stop();
  return spent;
}

/** What a transaction of ours says, with records as they were before they became JSON. */
interface Plain {
  compare: TxnRequest['compare'];
  puts: { key: string; record: unknown }[];
}

const plainOf = ({ compare, then }: TxnRequest): Plain => ({
  compare,
  puts: then.flatMap((each) => ('put' in each ? [{ key: each.put, record: JSON.parse(each.value.toString()) }] : [])),
});

/** The same comparisons and puts through etcd3's own interface. */
const bareWrite = (etcd: Etcd3, { compare, puts }: Plain) => {
  const columns = { create: 'Create', mod: 'Mod', version: 'Version', lease: 'Lease' } as const;
  return async () => {
    const [leader, ...others] = compare;
    const transaction = etcd.if(leader!.key, columns[leader!.target], '==', Number(leader!.value));
    for (const { key, target, value } of others) transaction.and(key, columns[target], '==', Number(value));
    const { succeeded } = await transaction
      .then(...puts.map(({ key, record }) => etcd.put(key).value(JSON.stringify(record))))
      .commit();
    if (!succeeded) throw new Error('a comparison failed: the two did not start from the same state');
  };
};

function recording(kv: Kv, sent: TxnRequest[]): Kv {
  return {
    range: kv.range.bind(kv),
    watch: kv.watch.bind(kv),
    grantLease: kv.grantLease.bind(kv),
    keepLeaseAlive: kv.keepLeaseAlive.bind(kv),
    revokeLease: kv.revokeLease.bind(kv),
    compact: kv.compact.bind(kv),
    close: kv.close.bind(kv),
    txn(request, options) {
      sent.push(request);
      return kv.txn(request, options);
    },
  };
}

async function clear(kv: Kv): Promise<void> {
  const { key } = keys.range('assignments');
  const { revision } = await kv.txn({ compare: [], then: [{ delete: key, end: prefixEnd(key) }] });
  await kv.compact(revision);
}
