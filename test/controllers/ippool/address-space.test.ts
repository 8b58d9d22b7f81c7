import { expect } from 'chai';
import { AddressSpace } from '../../../controllers/ippool/address-space.ts';
import { Membership } from '../../../controllers/ippool/membership.ts';
import { formatCidr, parseCidr } from '../../../lib/addresses/index.ts';
import { keyOf } from '../../../lib/calico/index.ts';
import { containerRecord } from '../../harness/records.ts';
import { keys } from '../../lib/reconcile/support.ts';
import { Scenario } from './scenario.ts';

const POOL = parseCidr('172.20.0.0/16');

/** A block with so many of its four addresses in use. */
const block = (cidr: string, used: number) => ({
  ...{ cidr, affinity: 'host:h-1', allocations: [0, 1, 2, 3].map((i) => (i < used ? 0 : null)) },
  ...{ unallocated: [0, 1, 2, 3].slice(used), attributes: used > 0 ? [{ handle_id: 'x', secondary: null }] : null },
  ...{ sequenceNumber: 1, sequenceNumberForAllocation: {}, deleted: false },
});

describe('the address space', () => {
  let s: Scenario;
  beforeEach(async () => {
    s = new Scenario();
    await s.settle();
  });
  afterEach(() => s.stop());

  const space = () => AddressSpace.of(s.replica.cache);
  const holders = (range: string) =>
    [...space().ranges.overlapping(parseCidr(range))].map(({ kind, name }) => `${kind} ${name}`);

  it('knows who has a range, as long as they have it', async () => {
    await s.foreignPool('theirs', '172.20.0.0/16');
    await s.host('h-1', { address: '172.20.3.4' });
    await s.host('h-2', { address: '172.20.3.5' });
    await s.host('h-3', { address: '192.0.2.9', subnet: '192.0.0.0/20' });
    await s.settle();
    expect(holders('172.20.3.0/24')).to.deep.equal(['pool theirs', 'hosts 172.20.3.0/24']);
    expect(holders('192.0.8.0/24')).to.deep.equal(['hosts 192.0.0.0/20']);
    await s.remove('hosts', 'cloud/h-1');
    await s.remove('calico', keyOf.pool('theirs'));
    await s.settle();
    expect(holders('172.20.0.0/16')).to.deep.equal(['hosts 172.20.3.0/24']);
    await s.host('h-2', { address: '172.20.4.5' });
    await s.settle();
    expect(holders('172.20.0.0/16')).to.deep.equal(['hosts 172.20.4.0/24']);
  });

  it('counts what is in use in a pool, whichever comes first, pool or block', async () => {
    await s.foreign(keyOf.block(parseCidr('172.20.0.0/30')), block('172.20.0.0/30', 3));
    await s.foreignPool('theirs', '172.20.0.0/16');
    await s.foreign(keyOf.block(parseCidr('172.20.0.4/30')), block('172.20.0.4/30', 1));
    await s.settle();
    expect(space().usedIn('theirs')).to.equal(4);
    expect([...space().blocksIn(POOL)].map(({ range }) => formatCidr(range))).to.deep.equal([
      '172.20.0.0/30',
      '172.20.0.4/30',
    ]);
    await s.foreign(keyOf.block(parseCidr('172.20.0.4/30')), block('172.20.0.4/30', 4));
    await s.remove('calico', keyOf.block(parseCidr('172.20.0.0/30')));
    await s.settle();
    expect(space().usedIn('theirs')).to.equal(4);
    await s.remove('calico', keyOf.pool('theirs'));
    await s.settle();
    expect(space().usedIn('theirs')).to.equal(0);
  });

  for (const value of [{}, null, 7, { networks: 'x', interfaces: [null], cidr: 1, pools: 2, address: 3 }])
    it(`bears ${JSON.stringify(value)} in place of any record, and goes on with those that come along with it`, async () => {
      await s.claim('default/shop/default');
      await s.until(() => s.network('default.shop.default') !== undefined, 'the network');
      const bad = [
        keys.key('networks', 'bad'),
        keys.key('hosts', 'cloud/bad'),
        keys.key('containers', 'default/shop/bad'),
        keys.key('endpoints', 'h-1/default/shop/bad'),
      ].map((put) => ({ put, value: JSON.stringify(value) }));
      const sound = {
        put: keys.key('containers', 'default/shop/web-0'),
        value: JSON.stringify(containerRecord({ spec: 's1' })),
      };
      await s.world.settle(s.world.kv.txn({ compare: [], then: [...bad, sound] }));
      await s.host('h-1');
      await s.assign('h-1/default/shop/web-0', 'u0');
      await s.until(() => s.endpoint('h-1/default/shop/web-0') !== undefined, 'the endpoint');
      await s.claim('default/shop/more');
      await s.until(() => s.network('default.shop.more') !== undefined, 'another network');
      const { cache } = s.replica;
      const view = { revision: cache.revision, get: cache.get, list: cache.list, by: cache.by };
      for (const members of [Membership.of(cache), Membership.of(view)])
        expect(members.containersOn('default.shop.default')).to.deep.equal(['default/shop/web-0']);
      expect(AddressSpace.of(view).usedIn('default.shop.default')).to.equal(1);
      // What is ippool's own goes; what is others' is told.
      await s.settle();
      expect(cache.get('networks', 'bad') ?? cache.get('endpoints', 'h-1/default/shop/bad')).to.equal(undefined);
      await s.world.clock.advance(6 * 60_000);
      const told = cache.list('events').find(({ value }) => value.reason === 'Malformed');
      expect(told?.value.message).to.match(/hosts\/cloud\/bad|containers\/default\/shop\/bad/);
    });

  it('is the same when it is made anew of all that there is', async () => {
    await s.claim('default/shop/default');
    await s.host('h-1');
    for (let i = 0; i < 9; i++) {
      await s.container(`default/shop/web-${i}`);
      await s.assign(`h-1/default/shop/web-${i}`, `u${i}`);
    }
    await s.until(() => s.replica.cache.list('endpoints').length === 9, 'the endpoints');
    await s.settle();
    const { cache } = s.replica;
    // Not a cache that tells of changes: made for this one question.
    const network = 'default.shop.default';
    const view = { revision: cache.revision, get: cache.get, list: cache.list, by: cache.by };
    for (const each of [space(), AddressSpace.of(view)]) expect(each.usedIn(network)).to.equal(9);
    for (const each of [Membership.of(cache), Membership.of(view)]) {
      expect(each.joining(network)).to.equal(9);
      expect(each.cloudsOn(network)).to.deep.equal(['cloud']);
      expect(each.endpointsOn(network)).to.have.length(9);
    }
  });
});
