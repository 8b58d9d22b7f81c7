import { expect } from 'chai';
import { AddressSpace } from '../../../controllers/ippool/address-space.ts';
import { formatCidr, parseCidr } from '../../../lib/addresses/index.ts';
import { keyOf } from '../../../lib/calico/index.ts';
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
    const anew = AddressSpace.of({ revision: cache.revision, get: cache.get, list: cache.list, by: cache.by });
    const network = 'default.shop.default';
    for (const each of [space(), anew]) {
      expect(each.usedIn(network)).to.equal(9);
      expect(each.joining(network)).to.equal(9);
      expect(each.cloudsOn(network)).to.deep.equal(['cloud']);
      expect(each.endpointsOn(network)).to.have.length(9);
    }
  });
});
