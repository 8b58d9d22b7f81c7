import { once } from 'node:events';
import { silent, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { createCache, type Kv, prefixEnd } from '../../lib/store/index.ts';
import { connect, empty, keys, startChild, withEtcd } from './etcd.ts';
import { type Bench, now } from './harness.ts';

const EVENTS = 50_000;
const RUNS = 5;

export const events: Bench = {
  name: 'events',
  about: `a bare client in another process puts ${EVENTS} containers; until the cache holds the last one`,
  run: (say) =>
    withEtcd(async ({ endpoint }) => {
      const cached: number[] = [];
      const watched: number[] = [];
      for (let run = 1; run <= RUNS; run++) {
        say(`run ${run} of ${RUNS}`);
        cached.push(await measure(endpoint, throughCache));
        watched.push(await measure(endpoint, throughWatch));
      }
      const rate = (ms: number) => EVENTS / (ms / 1000);
      return [
        {
          name: 'events through the cache',
          unit: 'events/s',
          values: cached.map(rate),
          against: { name: 'bare watch, counted only', values: watched.map(rate) },
        },
      ];
    }),
};

/** Follows the store; `seen` is told how many events came. @returns what ends it */
type Follow = (kv: Kv, seen: (count: number) => void) => Promise<() => void>;

/** Milliseconds from the writer's start to the last event. */
async function measure(endpoint: string, follow: Follow): Promise<number> {
  const kv = connect(endpoint);
  const writer = startChild('writer', [endpoint, String(EVENTS)]);
  const exited = once(writer, 'exit');
  try {
    await once(writer, 'message');
    let count = 0;
    let done = () => {};
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const end = await follow(kv, (more) => {
      count += more;
      if (count >= EVENTS) done();
    });
    const start = now();
    writer.send('go');
    await all;
    const ms = now() - start;
    end();
    return ms;
  } finally {
    await exited;
    await empty(kv);
    kv.close();
  }
}

const throughCache: Follow = async (kv, seen) => {
  const cache = createCache({ kv, keyspace: keys, clock: systemClock, random: systemRandom, log: silent });
  cache.subscribe((changes) => seen(changes.length));
  cache.start();
  await cache.synced();
  return () => cache.stop();
};

const throughWatch: Follow = (kv, seen) =>
  new Promise((resolve, reject) => {
    const watch = kv.watch({
      key: keys.prefix,
      end: prefixEnd(keys.prefix),
      onEvents(events) {
        // The first call says that the watch is open.
        resolve(() => watch.cancel());
        seen(events.length);
      },
      onEnd: reject,
    });
  });
