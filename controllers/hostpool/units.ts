import type { HostRecord, SchedulableRecord } from '../../lib/records/index.ts';
import type { Guard, Unit, View, Write } from '../../lib/store/index.ts';
import type { Owned } from './context.ts';

/** Writes and guards that land together, for one host. */
interface Change {
  writes: Write<Owned>[];
  guards: Guard[];
  /** The host becomes unschedulable or its record goes: every assignment under way has to look again. */
  fences: boolean;
}

/** Of the 120 writes and guards that a unit holds, with room for `schedulable/`. */
const ROOM = 110;

/** A host record that changes, with what must hold for it (design §1.3). */
export function changed(cloud: string, name: string, before: HostRecord, after: HostRecord, state: View): Change {
  const guards: Guard[] = [];
  // Given back only when nothing is there; of a lost host nobody knows what still runs, only that nothing should.
  if (after.removing && !before.removing && !after.gone)
    guards.push(...(after.lost ? [emptyOf('assignments', name)] : nothingOn(name)));
  // Placement moves the assignments of a lost host: each that explains what runs there must still stand.
  if (before.lost && !after.lost)
    for (const { id } of state.list('observed', name).slice(0, ROOM - 2)) guards.push({ unchanged: 'assignments', id });
  return {
    writes: [{ put: 'hosts', id: `${cloud}/${name}`, value: after }],
    guards,
    fences: before.schedulable && !after.schedulable,
  };
}

/** A host record that goes, with the claims of its machine. */
export function forgotten(cloud: string, name: string, state: View): Change {
  const claims = state.list('machineclaims').filter(({ value }) => value.host === name);
  return {
    writes: [
      { delete: 'hosts', id: `${cloud}/${name}` },
      ...claims.map(({ id }) => ({ delete: 'machineclaims' as const, id })),
    ],
    guards: nothingOn(name),
    fences: true,
  };
}

const emptyOf = (empty: 'assignments' | 'observed' | 'endpoints', host: string): Guard => ({ empty, under: host });
const nothingOn = (host: string): Guard[] => [
  emptyOf('assignments', host),
  emptyOf('observed', host),
  emptyOf('endpoints', host),
];

/**
 * Changes as units. Those that fence share `schedulable/<cloud>`, so there is one unit of them at a time; the rest waits
 * until the cache shows it.
 *
 * @param at  RFC 3339
 */
export function unitsOf(
  cloud: string,
  changes: readonly Change[],
  state: View,
  at: string,
): { units: Unit<Owned>[]; more: boolean } {
  const plain = pack(changes.filter(({ fences }) => !fences));
  const fencing = pack(changes.filter(({ fences }) => fences));
  const first = fencing[0];
  if (!first) return { units: plain, more: false };
  const after = state.get('schedulable', cloud)?.modRevision ?? 0;
  const record: SchedulableRecord = { hosts: schedulableAfter(cloud, first, state), at, after };
  const unit = {
    writes: [...first.writes, { put: 'schedulable' as const, id: cloud, value: record }],
    guards: first.guards,
  };
  return { units: [...plain, unit], more: fencing.length > 1 };
}

function pack(changes: readonly Change[]): { writes: Write<Owned>[]; guards: Guard[] }[] {
  const packed: { writes: Write<Owned>[]; guards: Guard[] }[] = [];
  let room = 0;
  for (const { writes, guards } of changes) {
    const size = writes.length + guards.length;
    if (size > room) {
      packed.push({ writes: [], guards: [] });
      room = ROOM;
    }
    const last = packed[packed.length - 1]!;
    last.writes.push(...writes);
    last.guards.push(...guards);
    room -= size;
  }
  return packed;
}

/** Hosts that may be given containers once the unit is in the store. For people: what counts is the rewriting. */
function schedulableAfter(cloud: string, { writes }: { writes: Write<Owned>[] }, state: View): number {
  const written = new Set(writes.map(({ id }) => id));
  const others = state.list('hosts', cloud).filter((host) => host.value.schedulable && !written.has(host.id));
  return others.length;
}
