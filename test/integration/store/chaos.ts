import { setTimeout as wait } from 'node:timers/promises';
import { integer, pick, type Random } from '../../../lib/platform/index.ts';
import type { Kv } from '../../../lib/store/index.ts';
import type { EtcdProcess } from '../../harness/etcd.ts';
import type { FaultProxy } from '../../harness/fault-proxy.ts';

/** What was swallowed is lost, so its connections cannot be used on; and a watch has to start again to meet a compaction. */
const CUT_AFTER: ReadonlySet<string> = new Set(['black hole', 'lost replies', 'compaction']);

export interface Chaos {
  /** How often each fault happened. */
  readonly count: Readonly<Record<string, number>>;
  /** How often all of them happened. */
  readonly rounds: number;
  /** Ends it and makes everything whole. */
  stop(): Promise<void>;
}

/**
 * Breaks the path to etcd, and etcd, again and again.
 *
 * @param compactable up to which revision etcd may be compacted
 * @param enough whether it may end, after so many rounds
 * @param recovered resolves when whoever suffers has got over it: its pauses grow while trouble follows trouble
 */
export function unleash(given: {
  etcd: EtcdProcess;
  proxy: FaultProxy;
  direct: Kv;
  random: Random;
  compactable: () => number;
  enough: (rounds: number) => boolean;
  recovered: () => Promise<unknown>;
}): Chaos {
  const { etcd, proxy, direct, random, compactable, enough, recovered } = given;
  const faults: Record<string, () => Promise<unknown>> = {
    cut: async () => proxy.cut(),
    async 'black hole'() {
      proxy.swallow('requests', 'replies');
      await wait(500 + integer(random, 1500));
    },
    async 'lost replies'() {
      proxy.swallow('replies');
      await wait(200 + integer(random, 500));
    },
    async delay() {
      proxy.delay(20 + integer(random, 200));
      await wait(1000);
    },
    async refused() {
      await proxy.refuse();
      await wait(integer(random, 1000));
    },
    compaction: () => direct.compact(compactable()).catch(() => undefined),
    async restart() {
      await etcd.kill();
      await wait(integer(random, 500));
      await etcd.start();
    },
  };
  const count: Record<string, number> = {};
  let over = false;
  let rounds = 0;
  const run = async () => {
    let left: string[] = [];
    while (!over && !(left.length === 0 && enough(rounds))) {
      // Each once before any comes again, in quick succession; then a rest.
      if (left.length === 0 && rounds > 0) await recovered();
      if (left.length === 0) left = Object.keys(faults);
      await wait(200 + integer(random, 1300));
      const name = pick(random, left);
      left = left.filter((other) => other !== name);
      count[name] = (count[name] ?? 0) + 1;
      if (left.length === 0) rounds++;
      await faults[name]?.();
      if (CUT_AFTER.has(name)) proxy.cut();
      await proxy.heal();
    }
  };
  const running = run();
  return {
    count,
    get rounds() {
      return rounds;
    },
    async stop() {
      over = true;
      await running;
    },
  };
}
