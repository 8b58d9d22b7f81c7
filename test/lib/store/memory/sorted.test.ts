import { expect } from 'chai';
import fc from 'fast-check';
import { compareKeys, inRange, SortedByKey } from '../../../../lib/store/memory/sorted.ts';

const key = fc.string({ unit: 'binary', maxLength: 4 });

describe('sorted keys', () => {
  it('are ordered as their UTF-8 bytes', () =>
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    ));

  it('give the same ranges as a plain sorted list, through thousands of insertions and deletions', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(20_000), { minLength: 1000, maxLength: 3000, size: 'max' }),
        fc.array(fc.tuple(fc.nat(20_000), fc.nat(20_000)), { maxLength: 10 }),
        (numbers, ranges) => {
          const name = (n: number) => `k${String(n).padStart(5, '0')}`;
          const sorted = new SortedByKey<{ key: string }>();
          for (const n of numbers) sorted.add({ key: name(n) });
          const kept = numbers.filter((n) => n % 3 !== 0);
          for (const n of numbers) if (n % 3 === 0) sorted.delete(name(n));
          const wanted = kept.map(name).sort();
          for (const [from, to] of ranges) {
            const range = { key: name(from), end: to % 7 === 0 ? '\0' : name(to) };
            const found: string[] = [];
            sorted.forEach(range, (item) => found.push(item.key));
            expect(found).to.deep.equal(wanted.filter((k) => inRange(k, range)));
          }
        },
      ),
      { numRuns: 20 },
    ));
});
