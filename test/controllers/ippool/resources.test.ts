import { expect } from 'chai';
import { poolOf, profileOf, reservationOf } from '../../../controllers/ippool/resources.ts';
import { systemRandom } from '../../../lib/platform/index.ts';

const origin = { installation: 'i1', random: systemRandom, now: 0 };

describe('a record that Calico’s clients would refuse', () => {
  for (const [what, make, place, field] of [
    [
      'a pool with blocks of a size that there is not',
      () => poolOf({ name: 'blue', network: 'blue', spec: { cidr: '10.0.0.0/8', blockSize: 12 } }, origin),
      ...['IPPool/blue', 'spec.blockSize'],
    ],
    ['a profile with a name that there is not', () => profileOf('Blue', {}, origin), 'Profile/Blue', 'metadata.name'],
    [
      'a reservation with a name that there is not',
      () => reservationOf('a_b', [], origin),
      ...['IPReservation/a_b', 'metadata.name'],
    ],
  ] as [string, () => unknown, string, string][]) {
    it(`is not made: ${what}`, () => {
      expect(make).to.throw().with.property('code', 'BERTH_INTERNAL');
      expect(make).to.throw(place).with.property('message').that.includes(field);
    });
  }
});
