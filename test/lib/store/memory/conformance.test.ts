import { VirtualClock } from '../../../../lib/simulation/virtual-clock.ts';
import { createMemoryEtcd, type MemoryEtcdOptions } from '../../../../lib/store/memory/index.ts';
import { kvConformance, type StoreUnderTest } from '../conformance.ts';

/** Virtual time that runs by itself, a millisecond each turn of the event loop. */
async function makeStore(options: Omit<MemoryEtcdOptions, 'clock'>): Promise<StoreUnderTest> {
  const clock = new VirtualClock();
  const etcd = createMemoryEtcd({ clock, ...options });
  let running = true;
  void (async () => {
    while (running) await clock.advance(1);
  })();
  return {
    connect: () => etcd.connect(),
    clock,
    async close() {
      running = false;
    },
  };
}

kvConformance('the model of etcd', () => makeStore({}));

let turn = 0;
kvConformance('the model of etcd with latencies', () =>
  makeStore({ latency: () => (turn++ * 7) % 4, leaseJitter: () => 300 }),
);
