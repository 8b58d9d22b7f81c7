import { connect, fill, inChild, withEtcd } from './etcd.ts';
import type { Bench } from './harness.ts';

const RECORDS = 100_000;
const RUNS = 5;

/** What `children/list.ts` measures. */
export interface ListResult {
  ms: number;
  residentBytes: number;
  grownBytes: number;
}

const isResult = (message: unknown): message is ListResult =>
  typeof message === 'object' && message !== null && 'ms' in message && 'residentBytes' in message;

export const list: Bench = {
  name: 'list',
  about: `a cache lists ${RECORDS} containers, from its start to synced, in a process of its own`,
  run: (say) =>
    withEtcd(async ({ endpoint }) => {
      const kv = connect(endpoint);
      try {
        say('fills the store');
        await fill(kv, RECORDS);
        const cached: ListResult[] = [];
        const bare: ListResult[] = [];
        for (let run = 1; run <= RUNS; run++) {
          say(`run ${run} of ${RUNS}`);
          cached.push(await listInChild(endpoint, 'cache'));
          bare.push(await listInChild(endpoint, 'bare'));
        }
        const rates = (results: ListResult[]) => results.map(({ ms }) => RECORDS / (ms / 1000));
        return [
          {
            name: 'list and sync',
            unit: 'records/s',
            values: rates(cached),
            against: { name: 'paged list, nothing parsed', values: rates(bare) },
          },
          {
            name: 'resident, whole process',
            unit: 'MB',
            values: cached.map(({ residentBytes }) => residentBytes / 1e6),
          },
          {
            name: 'heap and buffers, each record',
            unit: 'bytes',
            values: cached.map(({ grownBytes }) => grownBytes / RECORDS),
          },
        ];
      } finally {
        kv.close();
      }
    }),
};

async function listInChild(endpoint: string, how: 'cache' | 'bare'): Promise<ListResult> {
  const result = await inChild('list', [endpoint, how]);
  if (!isResult(result)) throw new Error('the child measured nothing');
  return result;
}
