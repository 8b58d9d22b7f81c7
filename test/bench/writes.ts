import { Etcd3, type ITxnRequest } from 'etcd3';
import { silent, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { toTxnRequest } from '../../lib/store/etcd/messages.ts';
import { createCache, createStore, type Kv, prefixEnd, type TxnRequest } from '../../lib/store/index.ts';
import { connect, inFlight, keys, TXN, withEtcd } from './etcd.ts';
import { type Bench, timed } from './harness.ts';

const WRITES = 20_000;
const RUNS = 7;
const LEADER = keys.key('leaders', 'placement');
const CLOUDS = 10;

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
 * cloud. What it sends is recorded, and sent once more by etcd3 alone, to an etcd in the same state.
 */
export const writes: Bench = {
  name: 'writes',
  about: `${WRITES} guarded creates committed at once, until all have landed`,
  run: (say) =>
    withEtcd(async ({ endpoint }) => {
      const kv = connect(endpoint);
      const etcd = new Etcd3({ hosts: endpoint });
      try {
        const prepared = [LEADER, ...Array.from({ length: CLOUDS }, (_, i) => keys.key('schedulable', `cloud-${i}`))];
        await kv.txn({ compare: [], then: prepared.map((key) => ({ put: key, value: '{}' })) });
        const { kvs } = await kv.range({ key: LEADER });
        const createRevision = kvs[0]!.createRevision;

        const guarded: number[] = [];
        const bare: number[] = [];
        for (let run = 0; run <= RUNS; run++) {
          const sent: TxnRequest[] = [];
          const ours = await guardedWrites(recording(kv, sent), createRevision);
          await clear(kv);
          const requests = sent.map(toTxnRequest);
          const theirs = await bareWrites(etcd, requests);
          await clear(kv);
          // The first one warms up.
          if (run === 0) continue;
          say(`run ${run} of ${RUNS}: ${sent.length} transactions`);
          guarded.push(WRITES / (ours / 1000));
          bare.push(WRITES / (theirs / 1000));
        }
        return [
          {
            name: 'guarded writes',
            unit: 'writes/s',
            values: guarded,
            against: { name: 'etcd3, same transactions', values: bare },
            goal: { of: 'ratio', atLeast: 0.6 },
          },
        ];
      } finally {
        etcd.close();
        kv.close();
      }
    }),
};

/** With the cache of a process, which holds and follows everything, beside it. */
async function guardedWrites(kv: Kv, createRevision: number): Promise<number> {
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
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: WRITES }, (_, i) =>
        store.put('assignments', `host-${i % 500}/default/bench/redis-${i}`, assignment(i), {
          guards: [{ unchanged: 'schedulable', id: `cloud-${i % CLOUDS}` }],
        }),
      ),
    ),
  );
  cache.stop();
  return ms;
}

/** Messages made beforehand, so many at once: nothing but etcd3. */
function bareWrites(etcd: Etcd3, requests: readonly ITxnRequest[]): Promise<number> {
  const send = (request: ITxnRequest) => async () => {
    const { succeeded } = await etcd.kv.txn(request);
    if (!succeeded) throw new Error('a comparison failed: the two did not start from the same state');
  };
  return timed(() => inFlight(requests.map(send), TXN.inFlight));
}

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
