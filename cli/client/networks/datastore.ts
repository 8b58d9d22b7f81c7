/** Calico's part of etcd against its own rules. */

import { type Finding as Audited, audit } from '../../../lib/calico/index.ts';
import type { State } from '../reading.ts';
import type { Finding } from './finding.ts';
import type { Owners } from './owner.ts';

interface Advice {
  expected: string;
  /** Where the record is ours; what others wrote is theirs to set right. */
  do: string;
}

const REPAIRED = 'berth frees it ten minutes after it was first seen; see `berth events`';
const BY_HAND = 'stop whoever writes there besides berth and Calico, then free it by `calicoctl ipam check`';

const advice: Readonly<Partial<Record<Audited['code'], Advice>>> = {
  unreadable: { expected: 'a record in Calico’s own format', do: 'restore it from a backup of etcd, or delete it' },
  'block-size': { expected: 'as many ordinals as the range has addresses', do: BY_HAND },
  ordinal: { expected: 'each address either free or assigned', do: BY_HAND },
  attribute: { expected: 'attributes that addresses refer to, and no others', do: BY_HAND },
  affinity: {
    expected: 'block and affinity that name the same host',
    do: 'wait until the host’s own visit sets it right',
  },
  handle: { expected: 'as many addresses as the blocks say', do: REPAIRED },
  'address-unused': { expected: 'an endpoint or a tunnel that has it', do: REPAIRED },
  'address-unassigned': { expected: 'an address that IPAM gave to it', do: 'delete its container; it is made anew' },
  'address-twice': { expected: 'an address of its own', do: 'delete the container of one of them; it is made anew' },
  'endpoint-name': { expected: '<node>-<orchestrator>-<workload>-<endpoint>', do: 'delete it: Felix ignores it' },
  pool: { expected: 'a range that no other pool has', do: 'take away the pool that is not in use' },
};

const UNSAID: Advice = { expected: 'what Calico’s own programs keep to', do: BY_HAND };
const OF_OTHERS = 'tell whoever made it: berth leaves it alone';

/** What breaks the rules of Calico's records, whoever wrote them. */
export function datastoreFindings(state: State, owners: Owners): Finding[] {
  const records = state.list('calico').map(({ id, value }) => [id, value] as const);
  return audit(records).map(({ code, id, message }) => {
    const of = owners.of(id);
    const { expected, do: steps } = advice[code] ?? UNSAID;
    return { where: `calico/${id}`, found: message, expected, do: of === 'others' ? OF_OTHERS : steps, of };
  });
}
