import { expect } from 'chai';
import fc from 'fast-check';
import { rrsetsOf, standing, updatesFor } from '../../../controllers/discovery/push.ts';
import { CLASS } from '../../../lib/dns/message.ts';
import type { NameRecord } from '../../../lib/records/index.ts';
import type { Entry } from '../../../lib/store/index.ts';

const record = (more: Partial<NameRecord> = {}): NameRecord => ({
  ...{ owner: 'service/default/shop/web', clouds: ['cloud'], ttl: 5, addresses: [] },
  ...more,
});
const entry = (id: string, value: NameRecord): Entry<'names'> => ({
  ...{ kind: 'names', id, value, createRevision: 1, modRevision: 1 },
});

describe('rrsetsOf', () => {
  it('makes a set of each family, also of one that is not there', () =>
    expect(rrsetsOf('berth/web.shop.default', record({ addresses: ['10.64.0.5', 'fd00::5'] }))).to.deep.equal([
      { name: 'web.shop.default.berth', type: 'A', ttl: 5, data: ['10.64.0.5'] },
      { name: 'web.shop.default.berth', type: 'AAAA', ttl: 5, data: ['fd00::5'] },
    ]));

  for (const [id, type] of [
    ['berth/web.shop.default', 'A'],
    ['berth/_80._tcp.web.shop.default', 'SRV'],
    ['in-addr.arpa/5.0.64.10', 'PTR'],
    ['ip6.arpa/5.0', 'PTR'],
  ] as const)
    it(`empties ${type} of ${id} when the name is to go`, () =>
      expect(rrsetsOf(id, record({ deleting: true }))[0]).to.deep.include({ type, data: [] }));
});

const names = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 999 }).map((n) => `berth/web-${n}.shop.default`),
    addresses: fc.uniqueArray(
      fc.integer({ min: 0, max: 255 }).map((n) => `10.64.0.${n}`),
      { maxLength: 32 },
    ),
  }),
  { selector: ({ id }) => id, maxLength: 60 },
);
const entries = (of: readonly { id: string; addresses: string[] }[]) =>
  of.map(({ id, addresses }) => entry(id, record({ addresses })));

describe('updatesFor', () => {
  it('tells of every name once, in messages that are not too long', () =>
    fc.assert(
      fc.property(names, (all) => {
        const updates = updatesFor(entries(all));
        expect(updates.flatMap((update) => update.names.map(({ id }) => id))).to.deep.equal(all.map(({ id }) => id));
        for (const { rrsets } of updates) {
          expect(rrsets.reduce((sum, { data }) => sum + 1 + data.length, 0)).to.be.at.most(400);
        }
      }),
    ));

  it('brings a server that holds anything to what is wanted, and then has nothing more to tell', () =>
    fc.assert(
      fc.property(names, names, (held, wanted) => {
        const zone = standing(
          held.flatMap(({ id, addresses }) =>
            rrsetsOf(id, record({ addresses })).flatMap(({ name, type, ttl, data }) =>
              data.map((text) => ({ name, type, ttl, data: text, class: CLASS.IN })),
            ),
          ),
        );
        for (const set of updatesFor(entries(wanted), zone).flatMap(({ rrsets }) => rrsets)) {
          if (set.data.length === 0) zone.delete(`${set.name} ${set.type}`);
          else zone.set(`${set.name} ${set.type}`, set);
        }
        expect(updatesFor(entries(wanted), zone).flatMap(({ rrsets }) => rrsets)).to.deep.equal([]);
      }),
    ));

  it('corrects a set whose order alone does not differ: one record more, one less, another time to live', () => {
    const wanted = [entry('berth/web.shop.default', record({ addresses: ['10.64.0.5', '10.64.0.6'] }))];
    const held = (data: string[], ttl = 5) =>
      new Map([['web.shop.default.berth A', { name: 'web.shop.default.berth', type: 'A' as const, ttl, data }]]);
    const told = (zone: ReturnType<typeof held>) => updatesFor(wanted, zone).flatMap(({ rrsets }) => rrsets).length;
    expect(told(held(['10.64.0.6', '10.64.0.5']))).to.equal(0);
    expect(told(held(['10.64.0.5']))).to.equal(1);
    expect(told(held(['10.64.0.5', '10.64.0.6', '10.64.0.7']))).to.equal(1);
    expect(told(held(['10.64.0.5', '10.64.0.6'], 60))).to.equal(1);
  });
});
