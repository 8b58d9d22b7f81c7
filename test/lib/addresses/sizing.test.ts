import { expect } from 'chai';
import fc from 'fast-check';
import { blockSizeFor, parseCidr, sizeNetwork } from '../../../lib/addresses/index.ts';

describe('the size of a network', () => {
  for (const [containers, hosts, prefix, blockSize] of [
    [1, 1, 24, 26],
    [3, 3, 24, 26],
    [64, 10, 24, 28],
    [65, 10, 23, 27],
    [0, 0, 24, 26],
    [3, 200, 24, 28],
    [3, 5000, 24, 28],
    [1000, 10, 20, 24],
    [1000, 5000, 18, 28],
    [50_000, 5000, 14, 27],
    [50_000, 10, 14, 24],
  ] as const) {
    it(`${containers} containers on up to ${hosts} hosts: a /${prefix} in blocks of /${blockSize}`, () =>
      expect(sizeNetwork({ containers, hosts })).to.deep.equal({ prefix, blockSize }));
  }

  it('leaves room to grow fourfold, and a block of 16 addresses at least for each host that is used', () =>
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(10_000), (containers, hosts) => {
        const { prefix, blockSize } = sizeNetwork({ containers, hosts });
        expect(prefix).to.be.at.most(24);
        expect(2 ** (32 - prefix)).to.be.at.least(4 * containers);
        expect(blockSize).to.be.within(24, 28).and.at.least(prefix);
        expect(2 ** (blockSize - prefix)).to.be.at.least(Math.min(hosts, containers));
      }),
    ));
});

describe('the blocks of a range that somebody chose', () => {
  for (const [range, hosts, blockSize] of [
    ['192.168.34.0/24', 3, 26],
    ['192.168.34.0/24', 10, 28],
    ['192.168.34.0/24', 300, 28],
    ['192.168.34.0/28', 3, 30],
    ['192.168.34.0/31', 3, 32],
    ['192.168.34.1/32', 3, 32],
    ['10.0.0.0/8', 3, 24],
    ['fd00::/64', 3, 122],
    ['fd00::/121', 3, 123],
    ['fd00::/127', 3, 128],
  ] as const) {
    it(`${range} with ${hosts} hosts: /${blockSize}`, () =>
      expect(blockSizeFor(parseCidr(range), hosts)).to.equal(blockSize));
  }
});
