import { type BerthError, isCode } from '../../lib/errors/index.ts';
import { sleep } from '../../lib/platform/index.ts';
import { Holdings, type KeyRange, type Keyspace, type Kind, list, type View } from '../../lib/store/index.ts';
import type { Session } from './session.ts';

/**
 * A part of the store: all of a kind, what lies below an id, or the record of that id alone. `ifAllowed`: nothing is
 * there for who may not read it.
 */
export type Read = ({ kind: Kind; under?: string | undefined } | { kind: Kind; id: string }) & { ifAllowed?: true };

/** What was read, as it stood; all of it as of `revision`, or later. */
export type State = View;

/** Reads parts of the store, and nothing else of it: a tenant may be allowed to see no more than that. */
export async function read({ kv, keys }: Pick<Session, 'kv' | 'keys'>, reads: readonly Read[]): Promise<State> {
  return (await readAll({ kv, keys }, reads)).state;
}

/**
 * What lies in parts of the store, as it stands and again whenever it has changed; until the signal aborts. When etcd
 * goes away it is read anew once it is back.
 *
 * @throws BERTH_STORE_… when it cannot be read the first time
 */
export async function* follow(
  session: Pick<Session, 'kv' | 'keys' | 'clock' | 'note'>,
  reads: readonly Read[],
  signal: AbortSignal,
): AsyncGenerator<State> {
  for (let first = true; !signal.aborted; first = false) {
    const loaded = await readAll(session, reads).catch((error: unknown) => {
      // What etcd refuses now it will refuse again.
      if (first || !isCode(error, 'BERTH_STORE_UNAVAILABLE', 'BERTH_STORE_COMPACTED')) throw error;
      return undefined;
    });
    if (loaded) {
      yield loaded.state;
      const ended = yield* changes(session, loaded, signal);
      if (ended) session.note(`${ended.message}; reads again`);
    }
    await sleep(session.clock, PAUSE, signal).catch(() => undefined);
  }
}

/** Milliseconds between attempts to reach an etcd that has gone away. */
const PAUSE = 1000;

interface Loaded {
  holdings: Holdings;
  state: State;
  /** With the revision as of which each was listed. */
  ranges: (KeyRange & { revision: number })[];
}

async function readAll({ kv, keys }: Pick<Session, 'kv' | 'keys'>, reads: readonly Read[]): Promise<Loaded> {
  const holdings = new Holdings(keys);
  const read = async (part: Read): Promise<Loaded['ranges']> => {
    const range = rangeOf(keys, part);
    try {
      const { kvs, revision } = await list(kv, range);
      holdings.apply(kvs.map((each) => ({ type: 'put', kv: each })));
      return [{ ...range, revision }];
    } catch (error) {
      if (part.ifAllowed && isCode(error, 'BERTH_STORE_DENIED')) return [];
      throw error;
    }
  };
  const ranges = (await Promise.all(reads.map(read))).flat();
  return { holdings, state: stateOf(holdings, Math.min(...ranges.map(({ revision }) => revision))), ranges };
}

function rangeOf(keys: Keyspace, part: Read): KeyRange {
  if (!('id' in part)) return keys.range(part.kind, part.under);
  const key = keys.key(part.kind, part.id);
  return { key, end: `${key}\0` };
}

const stateOf = (holdings: Holdings, revision: number): State => ({
  revision,
  get: (kind, id) => holdings.collection(kind).get(id),
  list: (kind, under) => holdings.collection(kind).list(under),
  by: (kind, index, value) => holdings.collection(kind).by(index, value),
});

/** Yields after each change. @returns why a watch ended, if that is what ended it */
async function* changes(
  { kv }: Pick<Session, 'kv'>,
  { holdings, state, ranges }: Loaded,
  signal: AbortSignal,
): AsyncGenerator<State, BerthError | undefined> {
  let changed = false;
  let ended: BerthError | undefined;
  let wake = () => {};
  const stir = () => wake();
  signal.addEventListener('abort', stir, { once: true });
  const watches = ranges.map(({ key, end, revision }) =>
    kv.watch({
      key,
      end,
      startRevision: revision + 1,
      onEvents(events) {
        if (holdings.apply(events).changes.length === 0) return;
        changed = true;
        wake();
      },
      onEnd(error) {
        ended ??= error;
        wake();
      },
    }),
  );
  try {
    while (!signal.aborted && !ended) {
      if (changed) {
        changed = false;
        yield state;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
    return ended;
  } finally {
    signal.removeEventListener('abort', stir);
    for (const watch of watches) watch.cancel();
  }
}
