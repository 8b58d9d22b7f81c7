import { silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import type { Kv } from '../../../lib/store/kv.ts';
import { startEtcd } from '../../harness/etcd.ts';
import { kvConformance } from '../../lib/store/conformance.ts';

kvConformance('etcd', async () => {
  const etcd = await startEtcd();
  const clients: Kv[] = [];
  return {
    connect() {
      const client = createEtcd({ endpoints: [etcd.endpoint], clock: systemClock, log: silent });
      clients.push(client);
      return client;
    },
    // Its timers do not keep the process alive; the connections of the test do.
    clock: systemClock,
    async close() {
      for (const client of clients) client.close();
      await etcd.close();
    },
  };
});
