import { expect } from 'chai';
import { Registry } from '../../../lib/metrics/index.ts';
import { seededRandom, silent, systemClock } from '../../../lib/platform/index.ts';
import { controller, createManager, type Manager } from '../../../lib/reconcile/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import { createCache, keyspace } from '../../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';
import { until } from '../../lib/store/conformance.ts';

const keys = keyspace();
const LEASE = { ttl: 3, retry: 200 };

describe('a manager on a real etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  const ends: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    etcd = await startEtcd();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await etcd.close();
  });

  /** A replica that writes its name for every cloud, four times a second. */
  function replica(name: string, writes: string[]): Manager {
    const kv = createEtcd({ endpoints: [etcd.endpoint], clock: systemClock, log: silent });
    const common = { keyspace: keys, clock: systemClock, random: seededRandom(name.charCodeAt(0)), log: silent };
    const cache = createCache({ ...common, kv });
    const writer = controller({
      name: 'headroom',
      owns: ['headroom'],
      watches: { dockerclouds: ({ id }) => id },
      async reconcile(key, { store }) {
        await store.put('headroom', key, { by: name, n: writes.length });
        writes.push(name);
        return { after: 250 };
      },
    });
    const manager = createManager({
      ...common,
      cache,
      definitions: [writer],
      kvFor: () => kv,
      tools: {},
      identity: { replica: name, hostname: 'here', pid: process.pid, version: '0' },
      metrics: new Registry(),
      lease: LEASE,
    });
    cache.start();
    manager.start();
    ends.push(async () => {
      await manager.stop();
      cache.stop();
      kv.close();
    });
    return manager;
  }

  const leads = (manager: Manager) => manager.controllers[0]?.role === 'leader';
  const clouds = () => etcd.ctl('put', keys.key('dockerclouds', 'c'), '{}');

  it('hands its lead over at once when it stops', async () => {
    const writes: string[] = [];
    await clouds();
    const a = replica('a', writes);
    await until(() => writes.length > 2);
    const b = replica('b', writes);
    await until(() => b.ready().ready);
    expect([leads(a), leads(b)]).to.deep.equal([true, false]);
    await a.stop();
    await until(() => writes.at(-1) === 'b');
    expect(await etcd.ctl('get', keys.key('headroom', 'c'), '--print-value-only')).to.contain('"by":"b"');
  });

  it('stops leading while etcd does not answer, and goes on when it does', async () => {
    const writes: string[] = [];
    await clouds();
    const a = replica('a', writes);
    await until(() => writes.length > 2);
    etcd.freeze();
    await until(() => !leads(a));
    etcd.thaw();
    const { length } = writes;
    await until(() => writes.length > length + 2);
    expect(leads(a)).to.equal(true);
  });

  it('goes on after etcd was restored to a time before it led', async () => {
    const writes: string[] = [];
    await clouds();
    const snapshot = await etcd.snapshot();
    const a = replica('a', writes);
    await until(() => writes.length > 20);
    await etcd.restore(snapshot);
    const { length } = writes;
    await until(() => writes.length > length + 2);
    expect(await etcd.ctl('get', keys.key('headroom', 'c'), '--print-value-only')).to.contain('"by":"a"');
    expect(leads(a)).to.equal(true);
    expect(await etcd.ctl('get', keys.key('members', 'a'), '--print-value-only')).to.contain('"leads":["headroom"]');
  });
});
