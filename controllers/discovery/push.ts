import type { ResourceRecord, Rrset } from '../../lib/dns/index.ts';
import type { NameRecord } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { fullName } from './servers.ts';

/** Records in one update: some 100 octets each, and a message has 64 KiB at most (RFC 1035 §4.2.2). */
const RECORDS_AT_ONCE = 400;

/** Names that one update sets right, and what it says. */
export interface Update {
  names: Entry<'names'>[];
  rrsets: Rrset[];
}

/**
 * The record sets of a name: all of those that berth ever makes of such a name, so that one without data says that it is
 * to go.
 */
export function rrsetsOf(id: string, { addresses, srv = [], ptr, ttl }: NameRecord): Rrset[] {
  const name = fullName(id);
  if (name.endsWith('.arpa')) return [{ name, type: 'PTR', ttl, data: ptr === undefined ? [] : [ptr] }];
  if (name.startsWith('_')) {
    return [{ name, type: 'SRV', ttl, data: srv.map(({ target, port }) => `0 0 ${port} ${target}`) }];
  }
  return [
    { name, type: 'A', ttl, data: addresses.filter((address) => !address.includes(':')) },
    { name, type: 'AAAA', ttl, data: addresses.filter((address) => address.includes(':')) },
  ];
}

/**
 * What a server has to be told of these names.
 *
 * @param stands  what it holds, where that is known: only what differs is told. Absent: all of it
 */
export function updatesFor(names: readonly Entry<'names'>[], stands?: ReadonlyMap<string, Rrset>): Update[] {
  const updates: Update[] = [];
  let room = 0;
  for (const entry of names) {
    const rrsets = rrsetsOf(entry.id, entry.value).filter((set) => !stands || !same(set, stands.get(keyOf(set))));
    const size = rrsets.reduce((sum, { data }) => sum + 1 + data.length, 0);
    const last = updates.at(-1);
    if (last && size <= room) {
      last.names.push(entry);
      last.rrsets.push(...rrsets);
      room -= size;
    } else {
      updates.push({ names: [entry], rrsets });
      room = RECORDS_AT_ONCE - size;
    }
  }
  return updates;
}

/** The record sets of a zone, as a transfer of it shows them. */
export function standing(records: readonly ResourceRecord[]): Map<string, Rrset> {
  const sets = new Map<string, Rrset>();
  for (const { name, type, ttl, data } of records) {
    if (!isOurType(type)) continue;
    const key = keyOf({ name, type });
    const set = sets.get(key);
    if (set) set.data.push(data);
    else sets.set(key, { name, type, ttl, data: [data] });
  }
  return sets;
}

const isOurType = (type: string): type is Rrset['type'] => ['A', 'AAAA', 'SRV', 'PTR'].includes(type);

const keyOf = ({ name, type }: Pick<Rrset, 'name' | 'type'>): string => `${name} ${type}`;

/** Of a set the order does not count. */
function same(wanted: Rrset, found: Rrset | undefined): boolean {
  if (!found) return wanted.data.length === 0;
  const held = new Set(found.data);
  return (
    wanted.ttl === found.ttl && held.size === new Set(wanted.data).size && wanted.data.every((each) => held.has(each))
  );
}
