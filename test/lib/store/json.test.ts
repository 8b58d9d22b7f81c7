import { expect } from 'chai';
import fc from 'fast-check';
import { sameJson } from '../../../lib/store/index.ts';

describe('sameJson', () => {
  const table: [string, unknown, unknown, boolean][] = [
    ['the order of fields', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['an undefined field', { a: 1, b: undefined }, { a: 1 }, true],
    ['a null field', { a: 1, b: null }, { a: 1 }, false],
    ['the order of items', [1, 2], [2, 1], false],
    ['an array and an object', [], {}, false],
    ['a number and its text', 1, '1', false],
    ['nothing and an empty object', null, {}, false],
    ['bytes', Buffer.from('a'), Buffer.from('a'), true],
    ['other bytes', Buffer.from('a'), Buffer.from('b'), false],
  ];
  for (const [what, one, other, same] of table) {
    it(`${same ? 'does not mind' : 'tells apart'} ${what}`, () => {
      expect(sameJson(one, other)).to.equal(same);
      expect(sameJson(other, one)).to.equal(same);
    });
  }

  it('agrees with the text of JSON', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const again: unknown = JSON.parse(JSON.stringify(one));
        expect(sameJson(again, JSON.parse(JSON.stringify(one)))).to.equal(true);
        if (sameJson(again, other)) expect(other).to.deep.equal(again);
      }),
    ));
});
