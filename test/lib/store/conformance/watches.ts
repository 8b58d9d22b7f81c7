import { expect } from 'chai';
import { prefixEnd } from '../../../../lib/store/kv.ts';
import type { Fixture } from '../conformance.ts';
import { recordWatch, until, write } from '../watching.ts';

export function watchConformance(use: () => Fixture): void {
  const all = (prefix: string) => ({ key: prefix, end: prefixEnd(prefix) });

  it('without a start revision delivers what is written once it is open, and says from where', async () => {
    const { kv, prefix } = use();
    const { revision } = await write(kv, { put: `${prefix}a`, value: 'before' });
    const seen = recordWatch(kv, all(prefix));
    await until(() => seen.revision > 0, 'the notice that the watch is open');
    expect(seen.messages).to.deep.equal([{ events: [], revision }]);
    await write(kv, { put: `${prefix}a`, value: 'after' });
    await until(() => seen.events.length > 0);
    expect(seen.summary).to.deep.equal([`put ${prefix}a=after`]);
    expect(seen.revision).to.equal(revision + 1);
  });

  it('from a revision on delivers that revision and all later ones', async () => {
    const { kv, prefix } = use();
    const { revision } = await write(kv, { put: `${prefix}a`, value: '1' });
    await write(kv, { put: `${prefix}a`, value: '2' });
    await write(kv, { delete: `${prefix}a` });
    const seen = recordWatch(kv, { ...all(prefix), startRevision: revision + 1 });
    await until(() => seen.events.length >= 2);
    await write(kv, { put: `${prefix}a`, value: '3' });
    await until(() => seen.events.length >= 3);
    expect(seen.summary).to.deep.equal([`put ${prefix}a=2`, `delete ${prefix}a`, `put ${prefix}a=3`]);
    const [put, deletion] = seen.events;
    expect(put?.kv).to.deep.include({ createRevision: revision, modRevision: revision + 1, version: 2, lease: '0' });
    expect(deletion?.kv).to.deep.include({ key: `${prefix}a`, modRevision: revision + 2 });
  });

  it('carries the lease of a key', async () => {
    const { kv, prefix } = use();
    const { id: lease } = await kv.grantLease(60);
    const { revision } = await write(kv, { put: `${prefix}a`, value: '', lease });
    const seen = recordWatch(kv, { ...all(prefix), startRevision: revision });
    await until(() => seen.events.length > 0);
    expect(seen.events[0]?.kv.lease).to.equal(lease);
    await kv.revokeLease(lease);
  });

  it('sees only its range', async () => {
    const { kv, prefix } = use();
    const { revision } = await kv.range({ key: prefix });
    const single = recordWatch(kv, { key: `${prefix}b`, startRevision: revision + 1 });
    const range = recordWatch(kv, { key: `${prefix}b`, end: `${prefix}c`, startRevision: revision + 1 });
    const rest = recordWatch(kv, { key: `${prefix}b`, end: '\0', startRevision: revision + 1 });
    for (const name of ['a', 'b', 'b/1', 'c', 'd']) await write(kv, { put: prefix + name, value: '' });
    await until(() => rest.events.length >= 4 && range.events.length >= 2 && single.events.length >= 1);
    const names = ({ events }: typeof rest) => events.map((event) => event.kv.key.slice(prefix.length));
    expect(names(single)).to.deep.equal(['b']);
    expect(names(range)).to.deep.equal(['b', 'b/1']);
    expect(names(rest)).to.deep.equal(['b', 'b/1', 'c', 'd']);
  });

  it('never splits a revision, live or replayed', async () => {
    const { kv, prefix } = use();
    const { revision: before } = await kv.range({ key: prefix });
    const live = recordWatch(kv, { ...all(prefix), startRevision: before + 1 });
    const rounds = 1500;
    for (let round = 0; round < rounds; round += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          write(
            kv,
            { put: `${prefix}a`, value: `${round + i}` },
            { put: `${prefix}b`, value: `${round + i}` },
            { put: `${prefix}c`, value: `${round + i}` },
          ),
        ),
      );
    }
    const replayed = recordWatch(kv, { ...all(prefix), startRevision: before + 1 });
    for (const seen of [live, replayed]) {
      await until(() => seen.events.length >= 3 * rounds, `all events (${seen.events.length})`);
      expect(seen.events).to.have.length(3 * rounds);
      let last = before;
      for (const { events, revision } of seen.messages) {
        if (events.length === 0) continue;
        expect(events.length % 3).to.equal(0);
        for (let i = 0; i < events.length; i += 3) {
          expect(events.slice(i, i + 3).map((event) => event.kv.modRevision)).to.deep.equal(Array(3).fill(++last));
        }
        expect(revision).to.equal(last);
      }
    }
  });

  it('delivers a revision of hundreds of keys and more than 4 MiB as one', async () => {
    const { kv, prefix } = use();
    const value = Buffer.alloc(1_100_000, 7);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await write(kv, { put: prefix + name, value });
    const { revision } = await kv.range({ key: prefix });
    const seen = recordWatch(kv, { ...all(prefix), startRevision: revision - 4 });
    await until(() => seen.events.length >= 5);
    expect(seen.events.map((event) => event.kv.value.length)).to.deep.equal(Array(5).fill(value.length));
    await write(kv, { delete: prefix, end: prefixEnd(prefix) });
    await until(() => seen.events.length >= 10);
    expect(seen.messages.at(-1)?.events).to.have.length(5);
  });

  it('waits for a revision that is still to come, and skips what is before it', async () => {
    const { kv, prefix } = use();
    const { revision } = await kv.range({ key: prefix });
    const seen = recordWatch(kv, { ...all(prefix), startRevision: revision + 3 });
    for (const value of ['1', '2', '3', '4']) await write(kv, { put: `${prefix}a`, value });
    await until(() => seen.events.length >= 2);
    expect(seen.summary).to.deep.equal([`put ${prefix}a=3`, `put ${prefix}a=4`]);
  });

  it('ends, once, where the start has been compacted, and says how far', async () => {
    const { kv, prefix } = use();
    const { revision } = await write(kv, { put: `${prefix}a`, value: '1' });
    const { revision: last } = await write(kv, { put: `${prefix}a`, value: '2' });
    await kv.compact(last);
    const seen = recordWatch(kv, { ...all(prefix), startRevision: revision });
    const other = recordWatch(kv, { ...all(prefix), startRevision: last + 1 });
    await until(() => seen.error);
    expect(seen.error?.code).to.equal('BERTH_STORE_COMPACTED');
    expect(seen.error?.message).to.contain(String(last));
    await write(kv, { put: `${prefix}a`, value: '3' });
    await until(() => other.events.length > 0);
    expect([seen.errors.length, seen.events.length]).to.deep.equal([1, 0]);
  });

  it('does not mind a compaction while its range is quiet', async () => {
    const { kv, prefix } = use();
    const seen = recordWatch(kv, all(prefix));
    await until(() => seen.revision > 0);
    await write(kv, { put: '/elsewhere', value: prefix });
    const { revision } = await write(kv, { put: '/elsewhere', value: `${prefix}again` });
    await kv.compact(revision);
    seen.watch.requestProgress();
    await write(kv, { put: `${prefix}a`, value: '1' });
    await until(() => seen.events.length > 0 || seen.error);
    expect([seen.summary, seen.errors]).to.deep.equal([[`put ${prefix}a=1`], []]);
  });

  it('says nothing any more once it is cancelled', async () => {
    const { kv, prefix } = use();
    const cancelled = recordWatch(kv, all(prefix));
    const early = recordWatch(kv, all(prefix));
    early.watch.cancel();
    const other = recordWatch(kv, all(prefix));
    await until(() => cancelled.revision > 0 && other.revision > 0);
    cancelled.watch.cancel();
    cancelled.watch.cancel();
    await write(kv, { put: `${prefix}a`, value: '' });
    await until(() => other.events.length > 0);
    kv.close();
    await until(() => other.error);
    expect([cancelled.events, cancelled.errors, early.messages, early.errors]).to.deep.equal([[], [], [], []]);
  });

  it('ends when its client is closed', async () => {
    const { prefix, store } = use();
    const kv = store.connect();
    const seen = recordWatch(kv, all(prefix));
    await until(() => seen.revision > 0);
    kv.close();
    await until(() => seen.error);
    expect(seen.error?.code).to.equal('BERTH_STORE_UNAVAILABLE');
  });

  it('learns on request how far the store is, while nothing happens in its range', async () => {
    const { kv, prefix } = use();
    const seen = recordWatch(kv, all(prefix));
    await until(() => seen.revision > 0);
    const { revision } = await write(kv, { put: '/elsewhere', value: prefix });
    seen.watch.requestProgress();
    await until(() => seen.revision >= revision, 'the progress notice');
    expect(seen.events).to.deep.equal([]);
  });
}
