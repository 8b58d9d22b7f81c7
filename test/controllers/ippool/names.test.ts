import { expect } from 'chai';
import fc from 'fast-check';
import {
  claimOf,
  handleOf,
  hostInterface,
  interfaceUuid,
  macAddress,
  networkOf,
  uuid,
} from '../../../controllers/ippool/names.ts';
import { seededRandom } from '../../../lib/platform/index.ts';

describe('names on hosts', () => {
  it('fit Linux and Felix, and depend on uid and network alone', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (uid, network) => {
        expect(hostInterface(uid, network))
          .to.match(/^cali[0-9a-z]{11}$/)
          .and.equal(hostInterface(uid, network));
        expect(macAddress(uid, network))
          .to.match(/^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/)
          .and.equal(macAddress(uid, network));
      }),
    ));

  it('are the same in every version: hosts and Calico know them', () => {
    expect(hostInterface('u0', 'default.shop.web')).to.equal('caligs7gfjdxt2v');
    expect(macAddress('u0', 'default.shop.web')).to.equal('36:2c:94:a3:96:d9');
    expect(interfaceUuid('u0', 'default.shop.web')).to.equal('0978529b-6d02-48ea-88d5-25254288a038');
  });

  it('differ from interface to interface', () => {
    const uids = Array.from({ length: 2000 }, (_, i) => `u${i}`);
    const names = uids.flatMap((uid) => ['a', 'b'].map((network) => hostInterface(uid, network)));
    expect(new Set(names).size).to.equal(4000);
    expect(hostInterface('ab', 'c')).not.to.equal(hostInterface('a', 'bc'));
  });
});

describe('names of networks', () => {
  it('are those of their claims with dots', () => {
    expect(networkOf('default/shop/web')).to.equal('default.shop.web');
    expect(claimOf('default.shop.web')).to.deep.equal({ id: 'default/shop/web', app: 'default/shop' });
    expect(claimOf('database-net')).to.equal(undefined);
    expect(handleOf('default.shop.web', 'u0')).to.equal('default.shop.web.u0');
  });
});

it('a UUID is random, of version 4', () => {
  const random = seededRandom(1);
  expect(uuid(random)).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid(random)).not.to.equal(uuid(random));
});
