import { expect } from 'chai';
import { type Comparison, type Operation, OutcomeUnknown, prefixEnd } from '../../../../lib/store/kv.ts';
import type { Fixture } from '../conformance.ts';
import { rejection, write } from '../watching.ts';

export function transactionConformance(use: () => Fixture): void {
  const all = (prefix: string) => ({ key: prefix, end: prefixEnd(prefix) });

  it('createRevision, modRevision and version of a key’s life, and of its next', async () => {
    const { kv, prefix } = use();
    const key = `${prefix}a`;
    const look = async () => {
      const [found] = (await kv.range({ key })).kvs;
      return found && [found.createRevision, found.modRevision, found.version, found.value.toString(), found.lease];
    };
    const { revision } = await write(kv, { put: key, value: '1' });
    expect(await look()).to.deep.equal([revision, revision, 1, '1', '0']);
    await write(kv, { put: key, value: '2' });
    expect(await look()).to.deep.equal([revision, revision + 1, 2, '2', '0']);
    await write(kv, { delete: key });
    expect(await look()).to.equal(undefined);
    await write(kv, { put: key, value: '3' });
    expect(await look()).to.deep.equal([revision + 3, revision + 3, 1, '3', '0']);
  });

  it('all changes of a transaction are one revision', async () => {
    const { kv, prefix } = use();
    const { revision: before } = await write(kv, { put: `${prefix}old`, value: '' });
    const { revision } = await write(
      kv,
      { put: `${prefix}a`, value: '' },
      { put: `${prefix}b`, value: '' },
      { delete: `${prefix}old` },
    );
    expect(revision).to.equal(before + 1);
    const { kvs } = await kv.range(all(prefix));
    expect(kvs.map(({ modRevision }) => modRevision)).to.deep.equal([revision, revision]);
  });

  it('what changes nothing makes no revision', async () => {
    const { kv, prefix } = use();
    const { revision: before } = await kv.range({ key: prefix });
    const nothing = await kv.txn({
      compare: [{ key: `${prefix}a`, target: 'version', op: '>', value: 0 }],
      then: [{ put: `${prefix}a`, value: '' }],
    });
    expect(nothing).to.deep.equal({ succeeded: false, revision: before, gets: [] });
    const deletion = await write(kv, { delete: `${prefix}none` }, { delete: prefix, end: prefixEnd(prefix) });
    expect(deletion.revision).to.equal(before);
    expect((await write(kv, { get: prefix, end: prefixEnd(prefix) })).revision).to.equal(before);
  });

  it('the branch taken answers its reads, one list for each operation', async () => {
    const { kv, prefix } = use();
    await write(kv, { put: `${prefix}a`, value: '1' }, { put: `${prefix}b`, value: '2' });
    const compare: Comparison[] = [{ key: `${prefix}a`, target: 'version', op: '=', value: 1 }];
    const reads: Operation[] = [
      { get: `${prefix}b` },
      { put: `${prefix}c`, value: '3' },
      { get: prefix, end: prefixEnd(prefix) },
      { delete: `${prefix}a` },
      { get: `${prefix}a` },
    ];
    const taken = await kv.txn({ compare, then: reads, else: [] });
    expect(taken.succeeded).to.equal(true);
    // A read sees what comes before it in the same transaction.
    expect(taken.gets.map((list) => list.map(({ value }) => value.toString()))).to.deep.equal([
      ['2'],
      [],
      ['1', '2', '3'],
      [],
      [],
    ]);
    const other = await kv.txn({ compare, then: [], else: [{ get: `${prefix}c` }] });
    expect(other.succeeded).to.equal(false);
    expect(other.gets[0]?.[0]?.value.toString()).to.equal('3');
  });

  it('a read in a transaction shows the revision in the making', async () => {
    const { kv, prefix } = use();
    const { gets, revision } = await write(kv, { put: `${prefix}a`, value: '' }, { get: `${prefix}a` });
    expect(gets[1]?.[0]?.modRevision).to.equal(revision);
  });

  it('deletes a range, without its end', async () => {
    const { kv, prefix } = use();
    for (const name of ['a', 'b', 'c']) await write(kv, { put: prefix + name, value: '' });
    await write(kv, { delete: `${prefix}a`, end: `${prefix}c` });
    expect((await kv.range(all(prefix))).kvs.map(({ key }) => key)).to.deep.equal([`${prefix}c`]);
  });

  it('values are bytes, also none', async () => {
    const { kv, prefix } = use();
    const bytes = Buffer.from([0, 255, 128, 10, 0]);
    await write(
      kv,
      { put: `${prefix}a`, value: bytes },
      { put: `${prefix}b`, value: '' },
      { put: `${prefix}c`, value: 'é' },
    );
    const { kvs } = await kv.range(all(prefix));
    expect(kvs.map(({ value }) => value.toString('hex'))).to.deep.equal(['00ff800a00', '', 'c3a9']);
  });

  describe('comparisons', () => {
    // A key that was written twice; `own` stands for what it really has.
    for (const target of ['create', 'mod', 'version'] as const) {
      for (const [op, delta, holds] of [
        ['=', 0, true],
        ['=', 1, false],
        ['!=', 0, false],
        ['!=', 1, true],
        ['>', -1, true],
        ['>', 0, false],
        ['<', 1, true],
        ['<', 0, false],
      ] as const) {
        it(`${target} ${op} its own${delta ? ` ${delta > 0 ? '+' : '-'} 1` : ''}: ${holds}`, async () => {
          const { kv, prefix } = use();
          await write(kv, { put: `${prefix}a`, value: '1' });
          const { revision } = await write(kv, { put: `${prefix}a`, value: '2' });
          const own = { create: revision - 1, mod: revision, version: 2 }[target];
          const compare = [{ key: `${prefix}a`, target, op, value: own + delta }];
          expect((await kv.txn({ compare, then: [] })).succeeded).to.equal(holds);
        });
      }
    }

    for (const target of ['create', 'mod', 'version', 'lease'] as const) {
      for (const range of ['an absent key', 'an empty range'] as const) {
        for (const [op, value, holds] of [
          ['=', 0, true],
          ['>', 0, false],
          ['!=', 0, false],
          ['<', 1, true],
        ] as const) {
          it(`${range}: ${target} ${op} ${value} is ${holds}`, async () => {
            const { kv, prefix } = use();
            const end = range === 'an empty range' ? { end: prefixEnd(prefix) } : {};
            const compare = [{ key: `${prefix}a`, ...end, target, op, value }];
            expect((await kv.txn({ compare, then: [] })).succeeded).to.equal(holds);
          });
        }
      }
    }

    it('a comparison of a range holds when it holds for every key', async () => {
      const { kv, prefix } = use();
      const { revision } = await write(kv, { put: `${prefix}a`, value: '' });
      await write(kv, { put: `${prefix}b`, value: '' });
      const holds = async (op: '=' | '<' | '>', value: number) =>
        (await kv.txn({ compare: [{ ...all(prefix), target: 'mod', op, value }], then: [] })).succeeded;
      expect(await holds('<', revision + 2)).to.equal(true);
      expect(await holds('<', revision + 1)).to.equal(false);
      expect(await holds('=', revision)).to.equal(false);
      expect(await holds('>', revision - 1)).to.equal(true);
    });

    it('all comparisons must hold', async () => {
      const { kv, prefix } = use();
      const absent: Comparison = { key: `${prefix}a`, target: 'create', op: '=', value: 0 };
      const present: Comparison = { key: `${prefix}b`, target: 'create', op: '>', value: 0 };
      expect((await kv.txn({ compare: [absent, present], then: [] })).succeeded).to.equal(false);
      expect((await kv.txn({ compare: [absent, absent], then: [] })).succeeded).to.equal(true);
      expect((await kv.txn({ compare: [], then: [] })).succeeded).to.equal(true);
    });

    it('the lease of a key', async () => {
      const { kv, prefix } = use();
      const { id: lease } = await kv.grantLease(60);
      await write(kv, { put: `${prefix}a`, value: '', lease });
      const holds = async (op: '=' | '!=', value: string) =>
        (await kv.txn({ compare: [{ key: `${prefix}a`, target: 'lease', op, value }], then: [] })).succeeded;
      expect(await holds('=', lease)).to.equal(true);
      expect(await holds('!=', lease)).to.equal(false);
      expect(await holds('=', '0')).to.equal(false);
      await kv.revokeLease(lease);
    });
  });

  describe('refusals', () => {
    const put = (key: string): Operation => ({ put: key, value: '' });
    const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

    for (const [title, make] of [
      ['a key put twice', (p) => [put(`${p}a`), put(`${p}a`)]],
      ['a key put and deleted', (p) => [put(`${p}a`), { delete: `${p}a` }]],
      ['a key deleted and put', (p) => [{ delete: `${p}a` }, put(`${p}a`)]],
      ['a key put in a range deleted', (p) => [put(`${p}a`), { delete: p, end: prefixEnd(p) }]],
      ['an empty key to put', () => [put('')]],
      ['an empty key to delete', () => [{ delete: '' }]],
      ['an empty key to get', () => [{ get: '' }]],
      ['129 operations', (p) => many(129, (i) => put(`${p}${i}`))],
    ] as [string, (prefix: string) => Operation[]][]) {
      it(`${title} is refused, in either branch, and changes nothing`, async () => {
        const { kv, prefix } = use();
        const { revision } = await kv.range({ key: prefix });
        for (const branches of [{ then: make(prefix) }, { then: [], else: make(prefix) }]) {
          expect((await rejection(kv.txn({ compare: [], ...branches }))).code).to.equal('BERTH_STORE_INVALID');
        }
        expect((await kv.range({ key: prefix })).revision).to.equal(revision);
      });
    }

    it('129 comparisons are refused, 128 comparisons and 128 operations in each branch are not', async () => {
      const { kv, prefix } = use();
      const compare = many(129, (i): Comparison => ({ key: `${prefix}${i}`, target: 'create', op: '=', value: 0 }));
      expect((await rejection(kv.txn({ compare, then: [] }))).code).to.equal('BERTH_STORE_INVALID');
      const operations = many(128, (i) => put(`${prefix}${i}`));
      const response = await kv.txn({ compare: compare.slice(1), then: operations, else: operations });
      expect(response.succeeded).to.equal(true);
      expect((await kv.range({ ...all(prefix), countOnly: true })).count).to.equal(128);
    });

    it('the same key in both branches, and a key deleted twice, are fine', async () => {
      const { kv, prefix } = use();
      await kv.txn({ compare: [], then: [put(`${prefix}a`)], else: [put(`${prefix}a`)] });
      await write(kv, { delete: `${prefix}a` }, { delete: prefix, end: prefixEnd(prefix) });
      expect((await kv.range(all(prefix))).count).to.equal(0);
    });

    for (const [bytes, fits] of [
      [1_500_000, true],
      [1_600_000, false],
      [2_500_000, false],
      [8_000_000, false],
    ] as [number, boolean][]) {
      it(`a request of ${bytes} bytes ${fits ? 'fits' : 'is too large, and surely did not happen'}`, async () => {
        const { kv, prefix } = use();
        const written = write(
          kv,
          { put: `${prefix}a`, value: Buffer.alloc(bytes / 2) },
          { put: `${prefix}b`, value: Buffer.alloc(bytes / 2) },
        );
        if (fits) {
          await written;
          await write(kv, { delete: prefix, end: prefixEnd(prefix) });
        } else {
          const error = await rejection(written);
          expect(error.code).to.equal('BERTH_TOO_LARGE');
          expect(error).not.to.be.instanceOf(OutcomeUnknown);
        }
      });
    }
  });
}
