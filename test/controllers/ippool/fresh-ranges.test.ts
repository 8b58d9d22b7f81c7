import { expect } from 'chai';
import { FreshRanges } from '../../../controllers/ippool/tools.ts';
import { parseCidr } from '../../../lib/addresses/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';

const range = parseCidr('10.64.0.0/24');

describe('ranges that were given out a moment ago', () => {
  let clock: VirtualClock;
  let fresh: FreshRanges;
  const taken = (shown = 0) => fresh.besides('green', shown).map(({ network }) => network);
  beforeEach(() => {
    clock = new VirtualClock();
    fresh = new FreshRanges();
  });

  it('are others’ no longer than until the cache shows them', async () => {
    await fresh.during('blue', range, { commit: async () => 7, clock });
    expect([taken(6), taken(7), taken(6)]).to.deep.equal([['blue'], [], []]);
  });

  it('are not in the way of who tries again', async () => {
    await fresh.during('blue', range, { commit: async () => 7, clock });
    expect(fresh.besides('blue', 6)).to.deep.equal([]);
  });

  it('stay taken after a failure, for as long as an attempt may still land', async () => {
    const commit = () => Promise.reject(new Error('no answer'));
    const error = await fresh.during('blue', range, { commit, clock }).catch((thrown: Error) => thrown.message);
    expect(error).to.equal('no answer');
    await clock.advance(59_000);
    expect(taken(99)).to.deep.equal(['blue']);
    await clock.advance(2000);
    expect(taken()).to.deep.equal([]);
  });
});
