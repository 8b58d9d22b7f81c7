import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Cidr,
  contains,
  countOfSubnets,
  formatCidr,
  overlaps,
  parseCidr,
  Ranges,
  subnetAt,
  tryParseCidr,
} from '../../../lib/addresses/index.ts';

/** Each held by its own name. */
function ranges(...texts: readonly string[]): Ranges<string> {
  const made = new Ranges<string>();
  for (const text of texts) made.add(parseCidr(text), text, text);
  return made;
}

const supernet = parseCidr('10.64.0.0/20');

describe('the first free range', () => {
  for (const [prefix, taken, expected] of [
    [24, [], '10.64.0.0/24'],
    [24, ['10.64.0.0/24'], '10.64.1.0/24'],
    [23, ['10.64.0.0/24'], '10.64.2.0/23'],
    [24, ['10.64.0.0/22', '10.64.1.0/24', '10.64.5.0/24'], '10.64.4.0/24'],
    [24, ['10.64.0.7/32', '192.168.0.0/16', 'fd00::/8', '10.80.0.0/16'], '10.64.1.0/24'],
    [20, [], '10.64.0.0/20'],
    [20, ['10.64.15.255/32'], undefined],
    [20, ['10.64.0.0/20'], undefined],
    [19, [], undefined],
    [24, ['10.0.0.0/8'], undefined],
    [24, ['0.0.0.0/0'], undefined],
    [32, ['10.64.0.0/32', '10.64.0.1/32'], '10.64.0.2/32'],
  ] as const) {
    it(`of /${prefix} beside ${taken.join(', ') || 'nothing'}: ${expected ?? 'none'}`, () => {
      const found = ranges(...taken).firstFree(supernet, prefix);
      expect(found && formatCidr(found)).to.equal(expected);
    });
  }

  it('is found for IPv6 as well', () =>
    expect(formatCidr(ranges('fd00::/64').firstFree(parseCidr('fd00::/48'), 64)!)).to.equal('fd00:0:0:1::/64'));

  it('never overlaps, stays inside, and is the first there is', () => {
    const step = fc.record({ prefix: fc.integer({ min: 20, max: 26 }), free: fc.option(fc.nat(50)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.array(fc.nat(4095), { maxLength: 3 }), (steps, foreign) => {
        const others = foreign.map((n): Cidr => ({ family: 4, base: supernet.base + BigInt(n), prefix: 32 }));
        const held = new Ranges<string>();
        for (const [i, range] of others.entries()) held.add(range, `other ${i}`, '');
        let ours: Cidr[] = [];
        for (const { prefix, free } of steps) {
          if (free !== null) {
            if (ours[free]) held.remove(ours[free], 'ours');
            ours = ours.filter((_, i) => i !== free);
            continue;
          }
          const found = held.firstFree(supernet, prefix);
          const candidates = Array.from({ length: countOfSubnets(supernet, prefix) }, (_, i) =>
            subnetAt(supernet, prefix, i),
          );
          const expected = candidates.find((each) => ![...ours, ...others].some((range) => overlaps(range, each)));
          expect(found).to.deep.equal(expected);
          if (!found) continue;
          expect(tryParseCidr(formatCidr(found))).to.deep.equal(found);
          expect(contains(supernet, found)).to.equal(true);
          held.add(found, 'ours', '');
          ours.push(found);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('cuts a range into all its parts, which are given back, twice', () => {
    const held = new Ranges<string>();
    for (let round = 0; round < 2; round++) {
      const networks: Cidr[] = [];
      for (let next = held.firstFree(supernet, 24); next; next = held.firstFree(supernet, 24)) {
        held.add(next, 'network', '');
        networks.push(next);
      }
      expect(new Set(networks.map(formatCidr)).size).to.equal(16);
      for (const network of networks) held.remove(network, 'network');
    }
    expect(held.firstFree(supernet, 20)).to.deep.equal(supernet);
  });
});

describe('ranges', () => {
  const held = ranges('10.0.0.0/8', '10.64.0.0/24', '10.64.0.0/26', '10.64.1.0/24', '192.168.0.0/16', 'fd00::/8');

  it('say what is around, what is inside, and both', () => {
    const of = (text: string) => parseCidr(text);
    expect([...held.around(of('10.64.0.0/24'))]).to.deep.equal(['10.0.0.0/8', '10.64.0.0/24']);
    expect([...held.inside(of('10.64.0.0/16'))]).to.deep.equal(['10.64.0.0/24', '10.64.0.0/26', '10.64.1.0/24']);
    expect([...held.overlapping(of('10.64.0.0/25'))]).to.deep.equal(['10.0.0.0/8', '10.64.0.0/24', '10.64.0.0/26']);
    expect([...held.overlapping(of('11.0.0.0/8'))]).to.deep.equal([]);
    expect([...held.inside(of('0.0.0.0/0'))]).to.have.length(5);
  });

  it('may have several holders, and are free when the last has gone', () => {
    const shared = new Ranges<string>();
    shared.add(supernet, 'b', 'b');
    shared.add(supernet, 'a', 'a');
    expect([...shared.inside(supernet)]).to.deep.equal(['a', 'b']);
    shared.remove(supernet, 'a');
    shared.remove(supernet, 'nobody');
    expect(shared.firstFree(supernet, 24)).to.equal(undefined);
    shared.remove(supernet, 'b');
    expect(shared.firstFree(supernet, 20)).to.deep.equal(supernet);
  });
});
