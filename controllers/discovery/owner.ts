import { allDone, type Result } from '../../lib/reconcile/index.ts';
import type { NameRecord } from '../../lib/records/index.ts';
import type { Entry, View, Write } from '../../lib/store/index.ts';
import type { Owned, OwnerContext } from './context.ts';
import { namesOf, type Owner, ownerKey } from './names.ts';
import { holdersOf, removals } from './servers.ts';
import { skydnsOf } from './skydns.ts';

/** Writes of one unit (lib/store/types.ts). */
const UNIT = 60;

/** Makes the records of a service's or container's names say what is true now; servers follow the records. */
export async function reconcileOwner(owner: Owner, context: OwnerContext): Promise<Result> {
  const { state, store, event } = context;
  const { names, refused } = namesOf(owner, state);
  for (const name of refused.slice(0, 3)) {
    event(
      `applications/${owner.app}`,
      'Warning',
      'NameTooLong',
      `${name} cannot be a name: a label has at most 63 characters, all of it 253`,
    );
  }
  const known = state.by('names', 'owner', ownerKey(owner));
  const work: Promise<unknown>[] = [];
  for (const entry of known) {
    if (names.has(entry.id)) continue;
    if (holdersOf(entry, state).length > 0) work.push(...change(entry.id, withdrawn(entry.value), entry, context));
    else work.push(store.commit({ writes: deletion(entry, state) }));
  }
  for (const [id, wanted] of names) {
    const entry = state.get('names', id);
    // A server of a cloud that it was in before still holds it.
    const clouds = [...new Set([...wanted.clouds, ...(entry?.value.clouds ?? [])])].sort();
    work.push(...change(id, { ...wanted, clouds }, entry, context));
  }
  await allDone(work);
  // What the cache shows by now as withdrawn, and no server holds.
  await allDone(removals(state.by('names', 'owner', ownerKey(owner)), context));
  return undefined;

  /** One transaction for a record and what stands for it below /skydns, so that the one always tells of the other. */
  function change(id: string, value: NameRecord, before: Entry<'names'> | undefined, { state }: OwnerContext) {
    const old = before?.value;
    const writes = [put(id, value), ...skydnsWrites(id, old, value, state)];
    if (writes.length <= UNIT) return [store.commit({ writes })];
    // Too much to change at once: first what goes, then, on the next visit, what comes.
    const less = old && overlap(old, value);
    return less ? [store.commit({ writes: [put(id, less), ...skydnsWrites(id, old, less, state)] })] : [];
  }
}

const put = (id: string, value: NameRecord): Write<Owned> => ({ put: 'names', id, value });

/** A name that no server has to forget. */
const deletion = (entry: Entry<'names'>, state: View): Write<Owned>[] => [
  { delete: 'names', id: entry.id, expect: entry.modRevision },
  ...skydnsWrites(entry.id, entry.value, withdrawn(entry.value), state),
];

/** What is left of a name that nothing has any more, until no server holds it. */
const withdrawn = ({ owner, clouds, ttl }: NameRecord): NameRecord => ({
  ...{ owner, clouds, ttl, addresses: [] },
  deleting: true,
});

/** The name as it was, without what it will not have. */
function overlap(old: NameRecord, value: NameRecord): NameRecord {
  const { skydns, ...plain } = old;
  if (skydns !== value.skydns) return plain;
  return {
    ...old,
    addresses: old.addresses.filter((address) => value.addresses.includes(address)),
    ...(old.srv && { srv: old.srv.filter(({ target }) => value.srv?.some((each) => each.target === target)) }),
  };
}

function skydnsWrites(id: string, old: NameRecord | undefined, value: NameRecord, state: View): Write<Owned>[] {
  const wanted = skydnsOf(id, value);
  const gone = old ? [...skydnsOf(id, old).keys()].filter((key) => !wanted.has(key)) : [];
  return [
    // Also what the cache does not show (yet): then the transaction compares that it is not there.
    ...gone.map((key): Write<Owned> => ({ delete: 'skydns', id: key })),
    ...[...wanted]
      .filter(([key, text]) => !state.get('skydns', key)?.value.equals(text))
      .map(([key, text]): Write<Owned> => ({ put: 'skydns', id: key, value: text })),
  ];
}
