import { expect } from 'chai';
import fc from 'fast-check';
import { Pools } from '../../../controllers/container/pools.ts';
import type { NetworkRecord } from '../../../lib/records/index.ts';

const network = (...ranges: string[]): NetworkRecord => ({
  ...{ uid: 1, cloud: 'cloud' },
  ...{ cidr: ranges[0] ?? '', ranges, gateway: '169.254.1.1', pools: [], blockSize: 26 },
  ...{ provider: 'linux', used: 0, capacity: 0, dns: [] },
});

describe('the ranges of all networks', () => {
  it('are one interval for ten thousand networks cut from one range, and two without one in the middle', () => {
    const pools = new Pools();
    const all = Array.from({ length: 10_000 }, (_, i) => network(`10.${64 + (i >> 8)}.${i & 255}.0/24`));
    for (const each of all) pools.add(each);
    expect(pools.list()).deep.equal(['10.64.0.0-10.103.15.255']);
    pools.remove(all[5000]!);
    expect(pools.list()).deep.equal(['10.64.0.0-10.83.135.255', '10.83.137.0-10.103.15.255']);
  });

  it('leave out what is no range', () => {
    const pools = new Pools();
    pools.add(network('nonsense', 'fd00::/126'));
    expect(pools.list()).deep.equal(['fd00::-fd00::3']);
  });

  it('are the same however they came about: every address of a network, and no other', () => {
    const slots = fc.uniqueArray(fc.nat(15), { maxLength: 16 });
    fc.assert(
      fc.property(slots, slots, (there, gone) => {
        const pools = new Pools();
        const at = (slot: number) => network(`10.0.${slot}.0/24`);
        for (const slot of new Set([...gone, ...there])) pools.add(at(slot));
        for (const slot of gone) if (!there.includes(slot)) pools.remove(at(slot));
        const covered = pools.list().flatMap((text) => {
          const [, first, last] = /^10\.0\.(\d+)\.0-10\.0\.(\d+)\.255$/.exec(text) ?? [];
          return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
        });
        expect(covered).deep.equal([...there].sort((a, b) => a - b));
        const gaps = covered.filter((slot, i) => i === 0 || slot !== covered[i - 1]! + 1);
        expect(pools.list()).length(gaps.length);
      }),
    );
  });
});
