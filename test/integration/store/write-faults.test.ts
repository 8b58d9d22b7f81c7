import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { isCode } from '../../../lib/errors/index.ts';
import { seededRandom, silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import { allKinds, createCache, createStore, type Kv, keyspace, type WatchCache } from '../../../lib/store/index.ts';
import { timing } from '../../../lib/store/reflector.ts';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';
import { type FaultProxy, startFaultProxy } from '../../harness/fault-proxy.ts';
import { until } from '../../lib/store/watching.ts';
import { unleash } from './chaos.ts';
import { type Observer, observe } from './observer.ts';

const WRITES = Number(process.env.BERTH_WRITES ?? 5000);
/** Writers at once, each with keys of its own. */
const WRITERS = Math.min(1024, Math.ceil(WRITES / 80));
const KEYS_EACH = 8;

const keys = keyspace();
const leader = keys.key('leaders', 'application');

describe(`${WRITES} guarded writes over a path that breaks`, function () {
  this.timeout(WRITES * 20 + 180_000);
  let etcd: EtcdProcess;
  let proxy: FaultProxy;
  let direct: Kv;
  let kv: Kv;
  let cache: WatchCache;
  let observer: Observer;

  const client = (port: number) =>
    createEtcd({ endpoints: [`http://127.0.0.1:${port}`], clock: systemClock, log: silent });
  const lead = (identity: string) =>
    direct.txn({ compare: [], then: [{ put: leader, value: JSON.stringify({ identity, since: '' }) }] });

  before(async () => {
    etcd = await startEtcd();
    proxy = await startFaultProxy(etcd.port);
    direct = client(etcd.port);
    kv = client(proxy.port);
    cache = createCache({ kv, keyspace: keys, clock: systemClock, random: seededRandom(1), log: silent });
  });
  after(async () => {
    observer?.close();
    cache?.stop();
    kv?.close();
    direct?.close();
    await proxy?.close();
    await etcd?.close();
  });

  it('are neither lost nor doubled, every state reaches the cache in order, and none lands under another lead', async () => {
    const { revision: createRevision } = await lead('first');
    observer = observe(direct, keys.range('machines').key, createRevision);
    const seen = new Map<string, number[]>();
    cache.subscribe((changes) => {
      for (const { kind, id, after } of changes) {
        if (kind !== 'machines') continue;
        const states = seen.get(id);
        if (states) states.push(after?.modRevision ?? 0);
        else seen.set(id, [after?.modRevision ?? 0]);
      }
    });
    cache.start();
    await cache.synced();
    const store = createStore({
      ...{ kv, keyspace: keys, cache, clock: systemClock, log: silent },
      owner: 'application',
      owns: ['machines'],
      fence: () => ({ key: leader, createRevision }),
      check() {},
    });

    const outcome: ('landed' | 'refused' | 'unknown' | 'not leader')[] = [];
    let started = 0;
    let landed = 0;
    const chaos = unleash({
      ...{ etcd, proxy, direct, random: seededRandom(7), compactable: () => observer.cursor },
      enough: (rounds) => landed >= WRITES && rounds >= 2,
      async recovered() {
        const { revision } = await direct.range({ key: leader });
        await cache.reached(revision);
        await wait(timing.recovered);
      },
    });
    let enough = () => landed >= WRITES && chaos.rounds >= 2;
    const writer = async (w: number) => {
      for (let round = 0; !enough(); round++) {
        const n = started++;
        try {
          const revision = await store.put('machines', `a/${w}/${round % KEYS_EACH}`, { n });
          outcome[n] = 'landed';
          landed++;
          if (round % KEYS_EACH === KEYS_EACH - 1) await cache.reached(revision);
        } catch (error) {
          if (isCode(error, 'BERTH_NOT_LEADER')) {
            outcome[n] = 'not leader';
            return;
          }
          outcome[n] = isCode(error, 'BERTH_CONFLICT') ? 'refused' : 'unknown';
          await wait(50);
        }
      }
    };
    await Promise.all([...Array(WRITERS).keys()].map(writer));
    await chaos.stop();

    // Another takes over while writes are on their way.
    enough = () => false;
    const last = Promise.all([...Array(WRITERS).keys()].map(writer));
    await direct.txn({ compare: [], then: [{ delete: leader }] });
    const { revision: takenOver } = await lead('second');
    await last;

    const { kvs, revision } = await direct.range({ ...keys.range('machines') });
    await until(() => observer.cursor >= Math.max(...kvs.map(({ modRevision }) => modRevision)), 'the observer');
    await cache.reached(revision);

    const landings = new Map<number, number>();
    const history = new Map<string, number[]>();
    for (const { kv } of observer.events) {
      const { n }: { n: number } = JSON.parse(kv.value.toString());
      landings.set(n, (landings.get(n) ?? 0) + 1);
      history.set(kv.key, [...(history.get(kv.key) ?? []), kv.modRevision]);
      expect(kv.modRevision, `write ${n} under another lead`).to.be.below(takenOver);
    }
    expect(outcome.length).to.equal(started);
    for (const [n, what] of outcome.entries()) {
      const times = landings.get(n) ?? 0;
      if (what === 'landed') expect(times, `write ${n}`).to.equal(1);
      else expect(times, `write ${n}, ${what}`).to.be.at.most(what === 'unknown' ? 1 : 0);
    }
    for (const [key, states] of history) {
      const delivered = seen.get(keys.parse(key)!.id) ?? [];
      expect(isSubsequence(delivered, states), `${key}: ${delivered} of ${states}`).to.equal(true);
      expect(delivered.at(-1), key).to.equal(states.at(-1));
    }
    const held = allKinds.flatMap((kind) =>
      cache.list(kind).map(({ id, modRevision, value }) => [keys.key(kind, id), modRevision, JSON.stringify(value)]),
    );
    const everything = await direct.range({ key: `${keys.prefix}/`, end: `${keys.prefix}0` });
    expect(held.sort(byKey)).to.deep.equal(
      everything.kvs.map((kv) => [kv.key, kv.modRevision, kv.value.toString()]).sort(byKey),
    );
    const count = (what: string) => `${outcome.filter((one) => one === what).length} ${what}`;
    const totals = ['landed', 'refused', 'unknown', 'not leader'].map(count);
    console.log(`      ${[...totals, JSON.stringify(chaos.count), JSON.stringify(cache.health()[0])].join(', ')}`);
  });
});

const byKey = (one: readonly unknown[], other: readonly unknown[]): number =>
  String(one[0]) < String(other[0]) ? -1 : 1;

function isSubsequence(part: readonly number[], whole: readonly number[]): boolean {
  let at = 0;
  for (const item of whole) if (item === part[at]) at++;
  return at === part.length;
}
