import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { seededRandom, silent, systemClock } from '../../../lib/platform/index.ts';
import { allKinds, createCache, keyspace, prefixEnd, type WatchCache } from '../../../lib/store/index.ts';
import { Installation } from '../../harness/berth.ts';
import { until } from '../../harness/until.ts';

const CLOUD =
  'apiVersion: berth/v1\nkind: DockerCloud\nspec: { location: sandbox, hosts: { min: 2, max: 2 }, placement: { strategies: [leastContainers] } }\n';
const app = (replicas: number): string =>
  `location: c\nservices:\n- { id: web, type: docker:redis:3, replicas: ${replicas}, stopGrace: 1s }\n`;

const FEW = 2;
const MANY = 5;
/** Writes between the snapshot and the restore: so many that no leader of the restored etcd comes near the fences of before. */
const WRITES = 500;

describe('an etcd that is restored from a snapshot while controllers run', function () {
  this.timeout(180_000);
  const keys = keyspace();
  let berth: Installation;
  /** The same that each process of controllers has. */
  let cache: WatchCache;
  let snapshot: string;
  /** Of before the restore. */
  let past: { revision: number; running: string[]; fences: ReadonlyMap<string, number> };

  before(async () => {
    berth = await Installation.start();
    cache = createCache({ kv: berth.kv, keyspace: keys, clock: systemClock, random: seededRandom(1), log: silent });
    cache.start();
    await berth.put('dockerclouds/c', CLOUD);
    await berth.put('applications/default/shop', app(FEW));
    await berth.ready('applications', 'default/shop');
    await berth.rest();
    past = { revision: 0, running: await berth.whatRuns(), fences: new Map() };
  });

  after(async () => {
    cache?.stop();
    await berth?.close();
  });

  it('has gone on meanwhile: other leaders, with higher fences on the hosts, and more containers', async () => {
    snapshot = await berth.etcd.snapshot();
    for (let i = 0; i < WRITES; i++) await berth.put('namespaces/default', '');
    await berth.stopReplicas();
    await berth.startReplica();
    await berth.startReplica();
    await berth.put('applications/default/shop', app(MANY));
    await berth.ready('applications', 'default/shop');
    await berth.rest();
    expect(await berth.whatRuns())
      .to.have.length(MANY)
      .and.to.include.members(past.running);
    const { revision } = await berth.kv.range({ key: '/' });
    past = { ...past, revision, fences: await berth.fences() };
  });

  it('converges to what the snapshot says: what ran then runs on untouched, and nothing runs twice', async () => {
    await berth.restore(snapshot);
    await berth.rest();
    await berth.ready('applications', 'default/shop');
    expect(await berth.whatRuns()).to.deep.equal(past.running);
    expect(await berth.witness.sample()).to.deep.equal([]);
  });

  it('is obeyed again: hosts take the new leader, though its fence is below what they held', async () => {
    const leads = (await berth.list('leaders')).map(({ createRevision }) => createRevision);
    const containers = [...(await berth.fences())].filter(([name]) => name.endsWith(' container'));
    expect(containers).to.have.length(2);
    for (const [name, fence] of containers) {
      expect(leads, name).to.include(fence);
      expect(fence, name).to.be.below(past.fences.get(name)!);
    }
  });

  it('is what every cache shows: each noticed that the revision went back', async () => {
    const stored = async () => {
      const ranges = await Promise.all(keys.prefixes.map((key) => berth.kv.range({ key, end: prefixEnd(key) })));
      return ranges.flatMap(({ kvs }) => kvs.map(({ key, modRevision }) => `${key} @${modRevision}`)).sort();
    };
    const shown = () =>
      allKinds
        .flatMap((kind) => cache.list(kind).map(({ id, modRevision }) => `${keys.key(kind, id)} @${modRevision}`))
        .sort();
    await until('a cache to equal etcd', async () => isDeepStrictEqual(shown(), await stored()));

    const { revision } = await berth.kv.range({ key: '/' });
    expect(revision).to.be.below(past.revision);
    for (const { url } of berth.replicas) expect(await revisionAt(url)).to.be.within(1, revision);
  });

  it('goes on: what is wanted next comes to be', async () => {
    await berth.put('applications/default/shop', app(FEW + 1));
    await berth.ready('applications', 'default/shop');
    await berth.rest();
    const running = await berth.whatRuns();
    expect(running)
      .to.have.length(FEW + 1)
      .and.to.include.members(past.running);
  });
});

/** How far the cache of a process of controllers says that it is. */
async function revisionAt(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const [, revision] = /^informer_store_resource_version\S* (\d+)$/m.exec(metrics) ?? [];
  return Number(revision);
}
