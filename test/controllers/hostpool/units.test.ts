import { expect } from 'chai';
import { unitsOf } from '../../../controllers/hostpool/units.ts';
import { seededRandom, silent } from '../../../lib/platform/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';
import { createCache, keyspace } from '../../../lib/store/index.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';

describe('the units of a cloud', () => {
  it('write another schedulable/ each time, within one moment and for as many hosts, too', async () => {
    const clock = new VirtualClock();
    const keys = keyspace();
    const etcd = createMemoryEtcd({ clock });
    const user = etcd.connect();
    const cache = createCache({ kv: etcd.connect(), keyspace: keys, clock, random: seededRandom(1), log: silent });
    cache.start();

    const fencing = { writes: [{ delete: 'hosts' as const, id: 'c/h-1' }], guards: [], fences: true };
    const written = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await clock.advance(100);
      const { units } = unitsOf('c', [fencing], cache, '2026-01-01T00:00:00Z');
      for (const write of units.flatMap(({ writes }) => writes)) {
        if (!('put' in write)) continue;
        const value = JSON.stringify(write.value);
        written.add(value);
        await user.txn({ compare: [], then: [{ put: keys.key(write.put, write.id), value }] });
      }
    }
    cache.stop();
    expect(written.size).to.equal(3);
  });
});
