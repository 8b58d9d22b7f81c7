import { decodeRecord, ipPool, keyOf, paths } from '../../../lib/calico/index.ts';
import { isCode } from '../../../lib/errors/index.ts';
import type { Read, State } from '../reading.ts';

/** Everything that `poolTime` looks at. */
export const poolReads: readonly Read[] = [{ kind: 'calico', under: paths.pools, ifAllowed: true }];

/** Calico remembers when a pool was made, our own records do not; undefined where there is none, or it cannot be read. */
export function poolTime(pool: string, state: State): string | undefined {
  const id = keyOf.pool(pool);
  const entry = state.get('calico', id);
  try {
    return entry && decodeRecord(ipPool, id, entry.value).metadata.creationTimestamp;
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX', 'BERTH_INVALID')) return undefined;
    throw error;
  }
}
