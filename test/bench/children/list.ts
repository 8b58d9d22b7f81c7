/** Lists everything of the etcd named, through a cache or bare, says how long that took and what it weighs, and ends. */

import { silent, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { createCache, list } from '../../../lib/store/index.ts';
import { connect, keys } from '../etcd.ts';
import { timed } from '../harness.ts';
import type { ListResult } from '../list.ts';

const [endpoint = '', how] = process.argv.slice(2);
const kv = connect(endpoint);
const used = (): number => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

// The first call connects.
await kv.range({ key: keys.prefix });
const before = used();
const cache = createCache({ kv, keyspace: keys, clock: systemClock, random: systemRandom, log: silent });
const ms = await timed(async () => {
  if (how === 'bare') await list(kv, keys.range('containers'));
  else {
    cache.start();
    await cache.synced();
  }
});
const residentBytes = process.memoryUsage().rss;
const result: ListResult = { ms, residentBytes, grownBytes: used() - before };
process.send?.(result);
cache.stop();
kv.close();
