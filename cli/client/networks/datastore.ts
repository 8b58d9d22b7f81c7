/** Calico's part of etcd against its own rules. */

import { type Finding as Audited, audit } from '../../../lib/calico/index.ts';
import type { State } from '../reading.ts';
import type { Finding } from './finding.ts';

const REPAIRED = 'berth sets it right, or frees it after ten minutes; see `berth events`';
const BY_HAND = 'stop whoever writes there besides berth and Calico, then see `calicoctl ipam check`';
const MADE_ANEW = 'delete its container; it is made anew';
const OF_OTHERS = 'tell whoever made it: berth leaves it alone';

/** What to do about a record of ours. */
const advice: Readonly<Record<Audited['code'], string>> = {
  unreadable: 'restore it from a backup of etcd, or delete it',
  'block-size': BY_HAND,
  ordinal: BY_HAND,
  attribute: BY_HAND,
  affinity: 'wait until berth looks at the host again, which sets it right',
  handle: REPAIRED,
  'address-unused': REPAIRED,
  'address-unassigned': MADE_ANEW,
  'address-twice': MADE_ANEW,
  'endpoint-name': 'delete it: Felix ignores it',
  pool: 'take away the pool that is not in use',
  reserved: MADE_ANEW,
};

/** What breaks the rules of Calico's records, whoever wrote them. */
export function datastoreFindings(state: State, installation: string): Finding[] {
  const records = state.list('calico').map(({ id, value }) => [id, value] as const);
  return audit(records, { installation }).map(({ code, id, found, expected, owner }) => ({
    ...{ where: `calico/${id}`, found, expected },
    do: owner === 'others' ? OF_OTHERS : advice[code],
    of: owner === undefined ? 'unknown' : owner === 'us' ? 'berth' : 'others',
  }));
}
