import { expect } from 'chai';
import fc from 'fast-check';
import { Ordered } from '../../../lib/store/ordered.ts';

describe('an ordered list', () => {
  it('equals a sorted map after any inserts, replacements and deletions', () => {
    const id = fc
      .array(fc.constantFrom('a', 'b', 'b-', '0'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.array(fc.tuple(id, fc.boolean()), { maxLength: 200 }), id, (steps, prefix) => {
        const list = new Ordered<{ id: string; n: number }>();
        const model = new Map<string, number>();
        for (const [n, [id, remove]] of steps.entries()) {
          if (remove) {
            list.delete(id);
            model.delete(id);
          } else {
            list.set({ id, n });
            model.set(id, n);
          }
        }
        const sorted = [...model].map(([id, n]) => ({ id, n })).sort((a, b) => (a.id < b.id ? -1 : 1));
        expect(list.all()).to.deep.equal(sorted);
        expect(list.size).to.equal(sorted.length);
        expect(list.startingWith(prefix)).to.deep.equal(sorted.filter(({ id }) => id.startsWith(prefix)));
      }),
    );
  });

  it('stays in order over many chunks, filled from below, from above and at random', () => {
    for (const order of [(n: number) => n, (n: number) => 9999 - n, (n: number) => (n * 7919) % 10000]) {
      const list = new Ordered<{ id: string }>();
      for (let n = 0; n < 10000; n++) list.set({ id: String(order(n)).padStart(5, '0') });
      const ids = list.all().map(({ id }) => id);
      expect(ids).to.deep.equal([...ids].sort());
      expect(list.startingWith('012').length).to.equal(100);
      for (const id of ids) list.delete(id);
      expect(list.size).to.equal(0);
      expect(list.all()).to.deep.equal([]);
    }
  });
});
