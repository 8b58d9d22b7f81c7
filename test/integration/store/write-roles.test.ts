import { expect } from 'chai';
import { seededRandom, silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import {
  createCache,
  createStore,
  type Kind,
  type Kv,
  keyspace,
  roles,
  rolesAsEtcdctl,
  type WatchCache,
} from '../../../lib/store/index.ts';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';
import { rejection, write } from '../../lib/store/watching.ts';

const keys = keyspace();

describe('the roles of the key map in etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  let reading: Kv;
  let writing: Kv;
  let cache: WatchCache;

  const client = (user: string) =>
    createEtcd({ endpoints: [etcd.endpoint], user, password: 'secret', clock: systemClock, log: silent });

  before(async () => {
    etcd = await startEtcd();
    for (const command of rolesAsEtcdctl(keys)) await etcd.ctl(...command.split(' ').slice(1));
    const roleOf = (name: string | undefined) => roles(keys).find(({ controller }) => controller === name)!.name;
    await etcd.ctl('user', 'add', 'reader:secret');
    await etcd.ctl('user', 'grant-role', 'reader', roleOf(undefined));
    await etcd.ctl('user', 'add', 'application:secret');
    for (const name of [undefined, 'application']) await etcd.ctl('user', 'grant-role', 'application', roleOf(name));
    await etcd.enableAuth('root');
    reading = client('reader');
    writing = client('application');
    cache = createCache({ kv: reading, keyspace: keys, clock: systemClock, random: seededRandom(1), log: silent });
    cache.start();
    await cache.synced();
  });
  after(async () => {
    cache?.stop();
    reading?.close();
    writing?.close();
    await etcd?.close();
  });

  it('suffice for a process: one reads all, a controller leads and writes what it owns', async () => {
    const key = keys.key('leaders', 'application');
    const { revision: createRevision } = await write(writing, { put: key, value: '{"identity":"me","since":""}' });
    const store = createStore<Kind>({
      ...{ kv: writing, keyspace: keys, cache, clock: systemClock, log: silent },
      owner: 'application',
      owns: ['machines'],
      fence: () => ({ key, createRevision }),
      check() {},
    });
    const revision = await store.commit({
      writes: [{ put: 'machines', id: 'a/b/c', value: {} }],
      guards: [
        { empty: 'observed', under: 'h-1' },
        { absent: 'calico', id: 'v1/x' },
      ],
    });
    await cache.reached(revision);
    expect(cache.get('machines', 'a/b/c')?.modRevision).to.equal(revision);
  });

  for (const [who, key] of [
    ['application', keys.key('hosts', 'a/h-1')],
    ['application', keys.key('leaders', 'placement')],
    ['application', '/calico/v1/x'],
    ['application', keys.key('applications', 'default/shop')],
    ['reader', keys.key('machines', 'a/b/c')],
  ] as const) {
    it(`deny ${key} to the ${who}`, async () => {
      const error = await rejection(write(who === 'reader' ? reading : writing, { put: key, value: '{}' }));
      expect(error.code).to.equal('BERTH_STORE_DENIED');
    });
  }
});
