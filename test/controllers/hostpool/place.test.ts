import { expect } from 'chai';
import { placesOf } from '../../../controllers/hostpool/place.ts';
import type { LocationSpec } from '../../../lib/records/index.ts';

const byon = (...addresses: string[]): LocationSpec => ({
  driver: 'byon',
  text: `byon:(hosts="${addresses.join(',')}")`,
  machines: addresses.map((address) => ({ address, port: 22 })),
});
const two = byon('10.0.0.1', '10.0.0.2');
const other = byon('10.0.0.2', '10.0.0.3');
const localhost: LocationSpec = { driver: 'localhost', text: 'localhost' };
const sandbox: LocationSpec = { driver: 'sandbox', text: 'sandbox' };

describe('the place of a host in the record of its cloud', () => {
  for (const [sentence, location, host, expected] of [
    ['is the location it was made in', [other, two], { location: two.text, machineId: '10.0.0.2:22' }, two],
    ['is an edited list that still has its machine', [other], { location: two.text, machineId: '10.0.0.2:22' }, other],
    [
      'is nowhere once the list has its machine no more',
      [other],
      { location: two.text, machineId: '10.0.0.1:22' },
      undefined,
    ],
    ['is nowhere once the list is gone', [sandbox], { location: two.text, machineId: '10.0.0.1:22' }, undefined],
    ['is this machine', [localhost], { location: 'localhost', machineId: 'localhost:0' }, localhost],
    ['is nowhere once this machine is gone', [two], { location: 'localhost', machineId: 'localhost:0' }, undefined],
    [
      'is nowhere once its location asks for other machines',
      [{ ...sandbox, text: 'sandbox:(cpus=2)' }],
      { location: 'sandbox', machineId: 'id' },
      undefined,
    ],
  ] as const)
    it(sentence, () => expect(placesOf({ location: [...location] })(host)).to.equal(expected));
});
