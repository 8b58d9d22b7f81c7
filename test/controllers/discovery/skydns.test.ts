import { expect } from 'chai';
import fc from 'fast-check';
import { namesBehind, skydnsOf } from '../../../controllers/discovery/skydns.ts';

const record = { owner: 'service/default/shop/web', clouds: ['cloud'], ttl: 5, addresses: [], skydns: '/skydns' };

describe('skydnsOf', () => {
  for (const [id, more, keys] of [
    ['berth/web.shop.default', { addresses: ['10.64.0.5', 'fd00::5'] }, ['10-64-0-5', 'fd00--5']],
    ['in-addr.arpa/5.0.64.10', { ptr: 'web-0.shop.default.berth' }, ['arpa/in-addr/10/64/0/5']],
  ] as const)
    it(`${id}: ${keys.join(', ')}`, () => {
      const found = [
        ...skydnsOf(id, { ...record, ...more, addresses: [...('addresses' in more ? more.addresses : [])] }),
      ];
      expect(found.map(([key]) => key)).to.deep.equal(
        keys.map((key) => (key.startsWith('arpa') ? key : `berth/default/shop/web/${key}`)),
      );
    });

  it('gives nothing where the cloud does not ask for it', () => {
    const { skydns: _, ...plain } = record;
    expect(skydnsOf('berth/web.shop.default', { ...plain, addresses: ['10.64.0.5'] }).size).to.equal(0);
  });
});

describe('namesBehind', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  it('finds the record of each key that stands for it', () =>
    fc.assert(
      fc.property(name, name, fc.constantFrom('/skydns', '/skydns/blue'), (zone, rest, prefix) => {
        const id = `${zone}/${rest}`;
        for (const more of [{ addresses: ['10.64.0.5'] }, { srv: [{ target: 'web-0.x', port: 80 }] }, { ptr: 'x' }]) {
          const keys = [...skydnsOf(id, { ...record, skydns: prefix, ...more }).keys()];
          expect(keys.length).to.equal(1);
          expect(namesBehind(keys[0] ?? '', { zone, prefix })).to.include(id);
        }
      }),
    ));
});
