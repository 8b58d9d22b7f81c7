import { expect } from 'chai';
import { type Kv, prefixEnd, type RangeRequest } from '../../../../lib/store/kv.ts';
import type { Fixture } from '../conformance.ts';
import { rejection, write } from '../watching.ts';

const fill = async (kv: Kv, prefix: string, names: string[]) => {
  for (const name of names) await write(kv, { put: prefix + name, value: name });
};

export function rangeConformance(use: () => Fixture): void {
  it('an absent key is no error', async () => {
    const { kv, prefix } = use();
    const { kvs, count, more, revision } = await kv.range({ key: `${prefix}none` });
    expect({ kvs, count, more }).to.deep.equal({ kvs: [], count: 0, more: false });
    expect(revision).to.be.greaterThan(0);
  });

  it('keys come in the order of their bytes, not of JavaScript', async () => {
    const { kv, prefix } = use();
    const names = ['b', 'a', 'a\0', 'aa', 'é', '\uffee', '😀', 'B'];
    await fill(kv, prefix, names);
    const { kvs } = await kv.range({ key: prefix, end: prefixEnd(prefix) });
    const wanted = names.map((name) => Buffer.from(prefix + name)).sort(Buffer.compare);
    expect(kvs.map(({ key }) => key)).to.deep.equal(wanted.map(String));
  });

  for (const [title, request, wanted] of [
    ['the end is exclusive', { key: 'a', end: 'c' }, ['a', 'b', 'b/1']],
    ['without an end it is one key', { key: 'b' }, ['b']],
    ['an end before the key is an empty range', { key: 'c', end: 'a' }, []],
    ['a prefix', { key: 'b', end: 'c' }, ['b', 'b/1']],
  ] as [string, RangeRequest, string[]][]) {
    it(title, async () => {
      const { kv, prefix } = use();
      await fill(kv, prefix, ['a', 'b', 'b/1', 'c']);
      const at = request.end === undefined ? {} : { end: prefix + request.end };
      const { kvs } = await kv.range({ key: prefix + request.key, ...at });
      expect(kvs.map(({ value }) => value.toString())).to.deep.equal(wanted);
    });
  }

  it('the end \\0 means all keys that are left', async () => {
    const { kv, prefix } = use();
    await fill(kv, prefix, ['a', '\u{10ffff}']);
    const { kvs } = await kv.range({ key: `${prefix}a`, end: '\0' });
    expect(kvs.map(({ key }) => key)).to.include.members([`${prefix}a`, `${prefix}\u{10ffff}`]);
    expect(kvs.every(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(`${prefix}a`)) >= 0)).to.equal(true);
  });

  for (const [limit, got, more] of [
    [1, ['a'], true],
    [2, ['a', 'b'], true],
    [3, ['a', 'b', 'c'], false],
    [4, ['a', 'b', 'c'], false],
    [0, ['a', 'b', 'c'], false],
  ] as [number, string[], boolean][]) {
    it(`limit ${limit} of three: more is ${more}, and the count is of all`, async () => {
      const { kv, prefix } = use();
      await fill(kv, prefix, ['a', 'b', 'c']);
      const response = await kv.range({ key: prefix, end: prefixEnd(prefix), limit });
      expect(response.kvs.map(({ value }) => value.toString())).to.deep.equal(got);
      expect([response.more, response.count]).to.deep.equal([more, 3]);
    });
  }

  it('keysOnly leaves out values, countOnly everything', async () => {
    const { kv, prefix } = use();
    await fill(kv, prefix, ['a', 'b']);
    const range = { key: prefix, end: prefixEnd(prefix) };
    const keys = await kv.range({ ...range, keysOnly: true });
    expect(keys.kvs.map(({ key, value, version }) => [key, value.length, version])).to.deep.equal([
      [`${prefix}a`, 0, 1],
      [`${prefix}b`, 0, 1],
    ]);
    const counted = await kv.range({ ...range, countOnly: true });
    expect([counted.kvs, counted.count, counted.more]).to.deep.equal([[], 2, false]);
  });

  it('an old revision shows what was, and the response tells the revision of now', async () => {
    const { kv, prefix } = use();
    const { revision: first } = await write(kv, { put: `${prefix}a`, value: '1' }, { put: `${prefix}b`, value: '1' });
    await write(kv, { put: `${prefix}a`, value: '2' });
    const { revision: last } = await write(kv, { delete: `${prefix}b` });
    const range = { key: prefix, end: prefixEnd(prefix) };
    const summary = async (at?: number) => {
      const { kvs, revision } = await kv.range(at === undefined ? range : { ...range, revision: at });
      expect(revision).to.equal(last);
      return kvs.map(({ key, value }) => `${key.slice(prefix.length)}=${value}`);
    };
    expect(await summary(first)).to.deep.equal(['a=1', 'b=1']);
    expect(await summary(first + 1)).to.deep.equal(['a=2', 'b=1']);
    expect(await summary()).to.deep.equal(['a=2']);
    expect(await summary(first - 1)).to.deep.equal([]);
  });

  it('pages at one revision are one consistent list, whatever is written in between', async () => {
    const { kv, prefix } = use();
    await fill(kv, prefix, ['a', 'b', 'c', 'd', 'e']);
    const range = { key: prefix, end: prefixEnd(prefix), limit: 2 };
    const first = await kv.range(range);
    await write(
      kv,
      { delete: `${prefix}d` },
      { put: `${prefix}c`, value: 'new' },
      { put: `${prefix}bb`, value: 'new' },
    );
    const found = [...first.kvs];
    for (let more = first.more; more; ) {
      const page = await kv.range({ ...range, key: `${found.at(-1)?.key}\0`, revision: first.revision });
      found.push(...page.kvs);
      more = page.more;
    }
    expect(found.map(({ value }) => value.toString())).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('a future revision cannot be read', async () => {
    const { kv, prefix } = use();
    const { revision } = await kv.range({ key: prefix });
    expect((await rejection(kv.range({ key: prefix, revision: revision + 1 }))).code).to.equal('BERTH_STORE_COMPACTED');
  });

  it('a compacted revision cannot be read, the revision of the compaction can', async () => {
    const { kv, prefix } = use();
    const { revision: first } = await write(kv, { put: `${prefix}a`, value: '1' });
    const { revision: second } = await write(kv, { put: `${prefix}a`, value: '2' });
    await write(kv, { put: `${prefix}a`, value: '3' });
    await kv.compact(second);
    expect((await rejection(kv.range({ key: prefix, revision: first }))).code).to.equal('BERTH_STORE_COMPACTED');
    const { kvs } = await kv.range({ key: `${prefix}a`, revision: second });
    expect(kvs.map(({ value }) => value.toString())).to.deep.equal(['2']);
    expect((await rejection(kv.compact(second))).code).to.equal('BERTH_STORE_COMPACTED');
    expect((await rejection(kv.compact(second + 1000))).code).to.equal('BERTH_STORE_COMPACTED');
  });

  it('compaction forgets deleted keys and keeps living ones', async () => {
    const { kv, prefix } = use();
    await fill(kv, prefix, ['a', 'b']);
    await write(kv, { delete: `${prefix}a` });
    const { revision } = await write(kv, { put: `${prefix}c`, value: 'c' });
    await kv.compact(revision);
    const { kvs } = await kv.range({ key: prefix, end: prefixEnd(prefix) });
    expect(kvs.map(({ value }) => value.toString())).to.deep.equal(['b', 'c']);
    await fill(kv, prefix, ['a']);
    expect((await kv.range({ key: `${prefix}a` })).kvs[0]?.version).to.equal(1);
  });

  it('an empty key is refused', async () => {
    const { kv } = use();
    expect((await rejection(kv.range({ key: '' }))).code).to.equal('BERTH_STORE_INVALID');
  });

  it('a serializable read answers too', async () => {
    const { kv, prefix } = use();
    await fill(kv, prefix, ['a']);
    expect((await kv.range({ key: `${prefix}a`, serializable: true })).count).to.equal(1);
  });

  it('an answer may be larger than 4 MiB', async () => {
    const { kv, prefix } = use();
    const value = Buffer.alloc(1_200_000, 1);
    for (const name of ['a', 'b', 'c', 'd']) await write(kv, { put: prefix + name, value });
    const { kvs } = await kv.range({ key: prefix, end: prefixEnd(prefix) });
    expect(kvs.map((found) => found.value.length)).to.deep.equal(Array(4).fill(1_200_000));
    await write(kv, { delete: prefix, end: prefixEnd(prefix) });
  });

  it('a call given up before it is sent fails', async () => {
    const { kv, prefix } = use();
    const failure = await rejection(kv.range({ key: prefix }, { signal: AbortSignal.abort() }));
    expect(failure.code).to.equal('BERTH_STORE_UNAVAILABLE');
  });

  it('a closed client fails', async () => {
    const { kv, prefix } = use();
    kv.close();
    expect((await rejection(kv.range({ key: prefix }))).code).to.equal('BERTH_STORE_UNAVAILABLE');
  });
}
