import type { KeyRange } from './keyspace.ts';
import type { KeyValue, Kv } from './kv.ts';

/** etcd 3.4 spends twice the CPU on pages of 5,000 that it spends on these. */
const PAGE = 50_000;
/** A page of records of the usual 500 bytes takes half a second; a large or busy store takes longer. */
const PAGE_TIMEOUT_MS = 30_000;

/**
 * All keys of a range as of one revision, in pages. The first page asks for the latest state; the others are pinned to
 * its revision, so that any member may answer them.
 *
 * @throws BERTH_STORE_COMPACTED when the revision is compacted meanwhile; BERTH_STORE_… as every read
 */
export async function list(
  kv: Kv,
  { key, end }: KeyRange,
  { page = PAGE, signal }: { page?: number; signal?: AbortSignal } = {},
): Promise<{ kvs: KeyValue[]; revision: number }> {
  const options = { timeoutMs: PAGE_TIMEOUT_MS, ...(signal && { signal }) };
  const first = await kv.range({ key, end, limit: page }, options);
  const { kvs, revision } = first;
  for (let { more } = first; more; ) {
    const next = await kv.range(
      { key: `${kvs.at(-1)!.key}\0`, end, limit: page, revision, serializable: true },
      options,
    );
    for (const one of next.kvs) kvs.push(one);
    more = next.more;
  }
  return { kvs, revision };
}
