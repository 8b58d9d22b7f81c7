import { Registry } from '../../lib/metrics/index.ts';
import { silent, sleep, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { controller, createManager } from '../../lib/reconcile/index.ts';
import { createCache } from '../../lib/store/index.ts';
import { connect, containerRecord, keys, withEtcd } from './etcd.ts';
import { type Bench, now, quantile, until } from './harness.ts';

const RUNS = 5;
const PUTS = 400;
/** Milliseconds from put to put. */
const APART = 5;

export const reconcile: Bench = {
  name: 'reconcile',
  about: `${PUTS} records put ${APART} ms apart by a bare client; from the sending of a put to the start of its reconcile`,
  run: (say) =>
    withEtcd(async ({ endpoint }) => {
      const started = new Map<string, number>();
      const user = connect(endpoint);
      const kv = connect(endpoint);
      const common = { keyspace: keys, clock: systemClock, random: systemRandom, log: silent };
      const cache = createCache({ kv, ...common });
      const trivial = controller({
        name: 'headroom',
        owns: [],
        watches: { containers: ({ id }) => id },
        async reconcile(key) {
          if (!started.has(key)) started.set(key, now());
        },
      });
      const manager = createManager({
        ...common,
        ...{ definitions: [trivial], cache, kvFor: () => kv, metrics: new Registry(), tools: {} },
        identity: { replica: 'bench', hostname: 'bench', pid: process.pid, version: '0' },
      });
      cache.start();
      manager.start();
      try {
        const put = (id: string) =>
          user.txn({
            compare: [],
            then: [{ put: keys.key('containers', id), value: JSON.stringify(containerRecord(0)) }],
          });
        await put('default/bench/first');
        await until('the lead', () => started.has('default/bench/first'));

        const woken: Percentiles[] = [];
        const bare: Percentiles[] = [];
        const beyond: Percentiles[] = [];
        for (let run = 1; run <= RUNS; run++) {
          say(`run ${run} of ${RUNS}`);
          const sent = new Map<string, number>();
          const replied = new Map<string, number>();
          const puts: Promise<unknown>[] = [];
          for (let i = 0; i < PUTS; i++) {
            const id = `default/bench/run-${run}-${i}`;
            sent.set(id, now());
            puts.push(put(id).then(() => replied.set(id, now())));
            await sleep(systemClock, APART);
          }
          await Promise.all(puts);
          await until('every reconcile', () => [...sent.keys()].every((id) => started.has(id)));
          const between = (from: Map<string, number>, to: Map<string, number>) =>
            percentiles([...sent.keys()].map((id) => to.get(id)! - from.get(id)!));
          woken.push(between(sent, started));
          bare.push(between(sent, replied));
          beyond.push(between(replied, started));
        }
        const figures = (['p50', 'p99'] as const).map((which) => ({
          name: `put to reconcile, ${which}`,
          unit: 'ms',
          values: woken.map((each) => each[which]),
          against: { name: `put to its reply, ${which}`, values: bare.map((each) => each[which]) },
          ...(which === 'p99' && { goal: { of: 'median', atMost: 20 } as const }),
        }));
        // Without what the disk of etcd adds. Below zero: the event came before the reply.
        return [...figures, { name: 'reply to reconcile, p99', unit: 'ms', values: beyond.map(({ p99 }) => p99) }];
      } finally {
        await manager.stop();
        cache.stop();
        kv.close();
        user.close();
      }
    }),
};

interface Percentiles {
  p50: number;
  p99: number;
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}
