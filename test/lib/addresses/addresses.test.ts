import { expect } from 'chai';
import fc from 'fast-check';
import {
  addressAt,
  type Cidr,
  contains,
  countOfSubnets,
  formatAddress,
  formatCidr,
  ordinalOf,
  overlaps,
  parseAddress,
  parseCidr,
  rangeAround,
  sizeOf,
  subnetAt,
  tryParseAddress,
  tryParseCidr,
} from '../../../lib/addresses/index.ts';

describe('addresses', () => {
  for (const text of ['0.0.0.0', '10.64.0.5', '255.255.255.255', '::', 'fd00::1', '2001:db8:1::8:0']) {
    it(`${text} is read and written`, () => expect(formatAddress(parseAddress(text))).to.equal(text));
  }

  for (const text of ['', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.1 ', 'x', 'fe80::1%eth0', ':::']) {
    it(`${JSON.stringify(text)} is none`, () => expect(tryParseAddress(text)).to.equal(undefined));
  }
});

describe('ranges', () => {
  for (const text of ['0.0.0.0/0', '10.64.0.0/10', '10.64.0.7/32', 'fd00:34::/64', '::/0']) {
    it(`${text} is read and written`, () => expect(formatCidr(parseCidr(text))).to.equal(text));
  }

  for (const text of [
    '10.64.0.1/24',
    '10.64.0.0',
    '10.64.0.0/33',
    '10.64.0.0/-1',
    '10.64.0.0/2/3',
    'fd00::1/64',
    '/8',
  ]) {
    it(`${JSON.stringify(text)} is none`, () => {
      expect(tryParseCidr(text)).to.equal(undefined);
      expect(() => parseCidr(text)).to.throw('not a range of addresses');
    });
  }

  const range: fc.Arbitrary<Cidr> = fc
    .tuple(fc.constantFrom(4 as const, 6 as const), fc.bigInt(0n, (1n << 128n) - 1n), fc.integer({ min: 0, max: 32 }))
    .map(([family, value, prefix]) => rangeAround({ family, value: family === 4 ? value >> 96n : value }, prefix));

  it('hold their own addresses and no others', () =>
    fc.assert(
      fc.property(range, fc.nat(), (cidr, at) => {
        const ordinal = Number(BigInt(at) % sizeOf(cidr));
        const address = addressAt(cidr, ordinal);
        expect(ordinalOf(cidr, address)).to.equal(ordinal);
        expect(rangeAround(address, cidr.prefix)).to.deep.equal(cidr);
        expect(ordinalOf(cidr, { ...cidr, value: cidr.base + sizeOf(cidr) })).to.equal(undefined);
        expect(ordinalOf(cidr, { ...cidr, value: cidr.base - 1n })).to.equal(undefined);
      }),
    ));

  it('overlap when one contains the other, and only then share an address', () =>
    fc.assert(
      fc.property(range, range, (a, b) => {
        const ends = (x: Cidr) => [x.base, x.base + sizeOf(x) - 1n] as const;
        const [[a1, a2], [b1, b2]] = [ends(a), ends(b)];
        expect(overlaps(a, b)).to.equal(a.family === b.family && a1 <= b2 && b1 <= a2);
        expect(overlaps(a, b)).to.equal(contains(a, b) || contains(b, a));
      }),
    ));

  it('divide into subnets that fill them', () => {
    const cidr = parseCidr('10.60.0.0/24');
    expect(countOfSubnets(cidr, 26)).to.equal(4);
    expect([0, 1, 2, 3].map((i) => formatCidr(subnetAt(cidr, 26, i)))).to.deep.equal([
      '10.60.0.0/26',
      '10.60.0.64/26',
      '10.60.0.128/26',
      '10.60.0.192/26',
    ]);
    expect(countOfSubnets(cidr, 23)).to.equal(0);
  });
});
