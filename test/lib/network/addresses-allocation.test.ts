import { expect } from 'chai';
import fc from 'fast-check';
import {
  allocate,
  type Cidr,
  contains,
  countOfSubnets,
  formatCidr,
  overlaps,
  parseCidr,
  sizeNetwork,
  tryParseCidr,
} from '../../../lib/network/index.ts';

describe('the size of a network', () => {
  for (const [containers, hosts, prefix, blockSize] of [
    [1, 1, 24, 26],
    [3, 3, 24, 26],
    [64, 10, 24, 28],
    [65, 10, 23, 27],
    [0, 0, 24, 26],
    [3, 200, 24, 32],
    [3, 5000, 24, 32],
    [1000, 10, 20, 24],
    [50_000, 5000, 14, 27],
    [50_000, 10, 14, 24],
  ] as const) {
    it(`${containers} containers on up to ${hosts} hosts: a /${prefix} in blocks of /${blockSize}`, () =>
      expect(sizeNetwork({ containers, hosts })).to.deep.equal({ prefix, blockSize }));
  }

  it('leaves room to grow fourfold, and a block for each host where there are addresses enough', () =>
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(10_000), (containers, hosts) => {
        const { prefix, blockSize } = sizeNetwork({ containers, hosts });
        const size = 2 ** (32 - prefix);
        expect(prefix).to.be.at.most(24);
        expect(size).to.be.at.least(4 * containers);
        expect(blockSize).to.be.within(20, 32).and.at.least(prefix);
        expect(2 ** (blockSize - prefix)).to.be.at.least(Math.min(hosts, size));
      }),
    ));
});

describe('allocation from the supernet', () => {
  const supernet = parseCidr('10.64.0.0/20');

  for (const [prefix, taken, expected] of [
    [24, [], '10.64.0.0/24'],
    [24, ['10.64.0.0/24'], '10.64.1.0/24'],
    [23, ['10.64.0.0/24'], '10.64.2.0/23'],
    [24, ['10.64.0.0/22', '10.64.1.0/24', '10.64.5.0/24'], '10.64.4.0/24'],
    [24, ['10.64.0.7/32', '192.168.0.0/16', 'fd00::/8', '10.0.0.0/16'], '10.64.1.0/24'],
    [20, [], '10.64.0.0/20'],
    [20, ['10.64.15.255/32'], undefined],
    [19, [], undefined],
    [24, ['10.0.0.0/8'], undefined],
  ] as const) {
    it(`a /${prefix} beside ${taken.join(', ') || 'nothing'}: ${expected ?? 'none'}`, () => {
      const found = allocate(supernet, prefix, taken.map(parseCidr));
      expect(found && formatCidr(found)).to.equal(expected);
    });
  }

  it('never overlaps, stays inside, and finds a place as long as there is one', () => {
    const step = fc.record({ prefix: fc.integer({ min: 20, max: 26 }), free: fc.option(fc.nat(50)) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.array(fc.nat(4095), { maxLength: 3 }), (steps, foreign) => {
        const others = foreign.map((n): Cidr => ({ family: 4, base: supernet.base + BigInt(n), prefix: 32 }));
        let ours: Cidr[] = [];
        for (const { prefix, free } of steps) {
          if (free !== null) {
            ours = ours.filter((_, i) => i !== free);
            continue;
          }
          const taken = [...ours, ...others];
          const found = allocate(supernet, prefix, taken);
          if (found) {
            expect(tryParseCidr(formatCidr(found))).to.deep.equal(found);
            expect(contains(supernet, found)).to.equal(true);
            expect(taken.some((range) => overlaps(range, found))).to.equal(false);
            ours.push(found);
          } else {
            for (let i = 0; i < countOfSubnets(supernet, prefix); i++) {
              const candidate = { ...supernet, prefix, base: supernet.base + BigInt(i * 2 ** (32 - prefix)) };
              expect(taken.some((range) => overlaps(range, candidate))).to.equal(true);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is cut into all its networks and given back, twice', () => {
    for (let round = 0; round < 2; round++) {
      const networks: Cidr[] = [];
      for (let next = allocate(supernet, 24, networks); next; next = allocate(supernet, 24, networks)) {
        networks.push(next);
      }
      expect(new Set(networks.map(formatCidr)).size).to.equal(16);
    }
  });
});
