import { expect } from 'chai';
import { FreshRanges } from '../../../controllers/ippool/tools.ts';
import { parseCidr } from '../../../lib/addresses/index.ts';
import { keyOf } from '../../../lib/calico/index.ts';
import type { DockerCloudSpec } from '../../../lib/records/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';
import type { Entry, View } from '../../../lib/store/index.ts';
import { cloudSpec } from '../../harness/records.ts';
import { Scenario } from './scenario.ts';

const range = parseCidr('10.64.0.0/24');
const blue = { network: 'blue', range, pool: keyOf.pool('blue') };
const tunnels = { network: 'tunnels.c', range, pool: keyOf.pool('tunnels.c'), alone: true } as const;

describe('ranges that were given out a moment ago', () => {
  let clock: VirtualClock;
  let fresh: FreshRanges;
  /** A cache of this revision that shows these pools. */
  const cache = (revision: number, ...pools: string[]): Pick<View, 'revision' | 'get'> => ({
    revision,
    get: (kind, id) => {
      const entry: Entry<'calico'> = { kind: 'calico', id, value: Buffer.of(), createRevision: 7, modRevision: 7 };
      return (kind as string) === 'calico' && pools.includes(id) ? (entry as Entry<typeof kind>) : undefined;
    },
  });
  const taken = (...shown: Parameters<typeof cache>) =>
    fresh.besides('green', cache(...shown)).map(({ network }) => network);
  const commit = async () => 7;
  beforeEach(() => {
    clock = new VirtualClock();
    fresh = new FreshRanges();
  });

  it('are others’ no longer than until the cache shows the network', async () => {
    await fresh.during(blue, { commit, clock });
    expect([taken(6), taken(7)]).to.deep.equal([['blue'], []]);
  });

  it('of tunnels are others’ until the cache shows the pool, whatever it shows of berth’s own records', async () => {
    await fresh.during(tunnels, { commit, clock });
    expect([taken(99), taken(99, tunnels.pool), taken(99)]).to.deep.equal([['tunnels.c'], [], []]);
  });

  it('of tunnels whose pool went before the cache showed it are let go when that is late', async () => {
    await fresh.during(tunnels, { commit, clock });
    await clock.advance(59_000);
    expect(taken(99)).to.deep.equal(['tunnels.c']);
    await clock.advance(2000);
    expect(taken(99)).to.deep.equal([]);
  });

  it('count for what is known of pools until these are shown, and not longer: etcd may be restored', async () => {
    await fresh.during(blue, { commit, clock });
    expect(fresh.newest(cache(7))).to.equal(7);
    expect(fresh.newest(cache(7, blue.pool))).to.equal(0);
    await fresh.during(blue, { commit, clock });
    await clock.advance(61_000);
    expect(fresh.newest(cache(3))).to.equal(0);
  });

  it('are not in the way of who tries again', async () => {
    await fresh.during(blue, { commit, clock });
    expect(fresh.besides('blue', cache(6))).to.deep.equal([]);
  });

  it('stay taken after a failure, for as long as an attempt may still land', async () => {
    const commit = () => Promise.reject(new Error('no answer'));
    const error = await fresh.during(blue, { commit, clock }).catch((thrown: Error) => thrown.message);
    expect(error).to.equal('no answer');
    await clock.advance(59_000);
    expect(taken(99)).to.deep.equal(['blue']);
    await clock.advance(2000);
    expect(taken(99)).to.deep.equal([]);
  });

  it('keep a network off the tunnels’ range while the watch of Calico’s records is late', async () => {
    const s = new Scenario();
    const network: DockerCloudSpec['network'] = {
      ...{ provider: 'calico', natOutgoing: true, encapsulation: 'vxlan', wireguard: false },
      calico: { image: 'calico/node:v3.32.1', etcd: { endpoints: ['https://etcd:2379'] } },
    };
    // Calico's own records are there already.
    await s.write('networkclaims', 'default/shop/default', { uid: 7, cloud: 'other', containers: 3 });
    await s.until(() => s.network('default.shop.default') !== undefined, 'the first network');
    await s.settle();
    s.replica.fault = (call) =>
      call.method === 'events' && call.request.key.startsWith('/calico') ? { delayMs: 20_000 } : 'none';
    await s.write('accepted/dockerclouds', 'cloud', { generation: 1, uid: 1, spec: cloudSpec({ network }) });
    await s.settle();
    await s.claim('default/shop/more');
    await s.until(() => s.network('default.shop.more') !== undefined, 'the network');
    expect(s.calico(keyOf.pool('tunnels.cloud'))).to.equal(undefined);
    await s.until(() => s.calico(keyOf.pool('tunnels.cloud')) !== undefined, 'the pool to be shown');
    await s.settle();
    expect(s.findings()).to.deep.equal([]);
    const { cidr } = JSON.parse(s.calico(keyOf.pool('tunnels.cloud'))!).spec;
    expect([cidr, s.network('default.shop.more')?.cidr]).to.deep.equal(['10.64.1.0/26', '10.64.2.0/24']);
    await s.stop();
  });
});
