import { expect } from 'chai';
import { seededRandom, silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import { createCache, type Kv, keyspace, type WatchCache } from '../../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';
import { type FaultProxy, startFaultProxy } from '../../harness/fault-proxy.ts';
import { until, write } from '../../lib/store/watching.ts';

const keys = keyspace();

describe('a cache whose etcd is restored from a snapshot', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  let proxy: FaultProxy;
  let direct: Kv;
  let kv: Kv;
  let cache: WatchCache;

  const client = (port: number) =>
    createEtcd({ endpoints: [`http://127.0.0.1:${port}`], clock: systemClock, log: silent });
  const put = (host: string, cloud: string) =>
    write(direct, { put: keys.key('hosts', `a/${host}`), value: JSON.stringify({ cloud }) });
  const held = () => cache.list('hosts').map(({ id, modRevision, value }) => `${id}@${modRevision} ${value.cloud}`);
  const stored = async () =>
    (await direct.range(keys.range('hosts'))).kvs.map(
      (kv) => `${keys.parse(kv.key)?.id}@${kv.modRevision} ${JSON.parse(kv.value.toString()).cloud}`,
    );
  const equal = () =>
    until(async () => JSON.stringify(held()) === JSON.stringify(await stored().catch(() => undefined)), 'equality');

  beforeEach(async () => {
    etcd = await startEtcd();
    proxy = await startFaultProxy(etcd.port);
    direct = client(etcd.port);
    kv = client(proxy.port);
    cache = createCache({ kv, keyspace: keys, clock: systemClock, random: seededRandom(1), log: silent });
    for (const host of ['h-1', 'h-2', 'h-3']) await put(host, 'before');
    cache.start();
    await cache.synced();
  });
  afterEach(async () => {
    cache.stop();
    kv.close();
    direct.close();
    await proxy.close();
    await etcd.close();
  });

  it('notices that the revision went back, and equals etcd again', async () => {
    const snapshot = await etcd.snapshot();
    await put('h-1', 'after');
    await put('h-4', 'after');
    await write(direct, { delete: keys.key('hosts', 'a/h-2') });
    await until(() => held().length === 3 && cache.get('hosts', 'a/h-4'), 'the events');
    const before = cache.revision;
    await etcd.restore(snapshot);
    await equal();
    expect(held().map((text) => text.split(' ')[1])).to.deep.equal(['before', 'before', 'before']);
    expect(cache.revision).to.be.below(before);
    await put('h-5', 'later');
    await equal();
  });

  it('notices it also when the restored etcd has overtaken the cache meanwhile', async () => {
    const snapshot = await etcd.snapshot();
    await put('h-1', 'after');
    await write(direct, { delete: keys.key('hosts', 'a/h-2') });
    await until(() => held().length === 2, 'the events');
    await proxy.refuse();
    await etcd.restore(snapshot);
    await until(() => put('h-1', 'other').then(Boolean, () => false), 'the restored etcd');
    for (let i = 0; i < 10; i++) await put('h-6', `later ${i}`);
    await proxy.heal();
    await equal();
    expect(held().map((text) => text.split(' ')[1])).to.deep.equal(['other', 'before', 'before', 'later']);
  });
});
