import { expect } from 'chai';
import fc from 'fast-check';
import { didYouMean } from '../../../lib/schema/index.ts';
import { editDistance } from '../../../lib/schema/suggest.ts';

describe('a suggestion', () => {
  const known = ['memory', 'mappedPorts', 'openPorts', 'env', 'id'];
  for (const [written, suggested] of [
    ['memroy', 'memory'],
    ['openPort', 'openPorts'],
    ['mapedports', 'mappedPorts'],
    ['envs', 'env'],
    ['volumes', undefined],
    ['x', undefined],
    ['x'.repeat(100), undefined],
  ] as const)
    it(`for ${written.slice(0, 12)} is ${suggested}`, () =>
      expect(didYouMean(written, known)).to.equal(suggested && `did you mean "${suggested}"?`));

  it('is measured by a distance: none to itself, the same both ways', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, a)).to.equal(0);
        expect(editDistance(a, b)).to.equal(editDistance(b, a)).and.to.be.at.most(Math.max(a.length, b.length));
      }),
    ));
});
