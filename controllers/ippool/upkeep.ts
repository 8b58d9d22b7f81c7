import { type Cidr, formatCidr, parseCidr, sizeNetwork, tryParseCidr } from '../../lib/addresses/index.ts';
import { CalicoReader, ipPool, ipReservation, keyOf, profile } from '../../lib/calico/index.ts';
import { timestamp } from '../../lib/reconcile/index.ts';
import type { NetworkRecord, Observation } from '../../lib/records/index.ts';
import type { Entry, Guard, Write } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import { conflictOf, explicitRanges, furtherBlockSize, furtherRange } from './allocation.ts';
import type { Ippool, Owned } from './context.ts';
import { BLOCKED, creation, poolNameFor, recordOf, reservedIn, settledPools } from './creation.ts';
import { gatewayFor } from './gateway.ts';
import { allocated, notAllocated, type Outcome, say } from './outcome.ts';
import { bytes, isOurs, type Origin, poolOf, profileOf, reservationOf } from './resources.ts';
import { poolDifferences, poolSpec, profileSpec } from './specs.ts';
import { usageOf } from './usage.ts';
import type { Wanted } from './wanted.ts';

/** Milliseconds between two times at which the addresses in use are written down, unless the network is full or no longer. */
const COUNTED_EVERY = 250;
/** Of its addresses so many are left when an allocated network grows. */
const NEARLY_FULL = 1 / 16;
/** Ranges of one network at most: all of them are in each transaction that changes it. */
const MOST_RANGES = 24;

/** What a visit would change. */
interface Draft {
  pools: { name: string; range: string; used: number }[];
  writes: Write<Owned>[];
  /** What somebody else had changed, and is set right. */
  restored: string[];
  /** What stands in the way of a part of the spec. */
  refused: Observation[];
  /** A range that is new, and the id of its pool. */
  added?: { range: Cidr; pool: string };
  /** Where a pool is made, for a new range or again: that no pool has come since it was found free. */
  settled?: Guard[];
  /** There is no room for a range that it needs. */
  confined?: true;
}

/** Keeps a network as it is wanted: its pools and profile as they should be, large enough, and counted. */
export async function keepNetwork(network: Entry<'networks'>, spoken: Wanted, context: Ippool): Promise<Outcome> {
  const { state, store, clock, random, installation, tools } = context;
  const origin = { installation, random, now: clock.now() };
  const gateway = gatewayFor(network, spoken, context);
  const wanted = { ...spoken, spec: gateway.spec };
  const space = AddressSpace.of(state);
  const { value } = network;
  const pools = value.pools.map((name, i) => ({
    name,
    range: value.ranges?.[i] ?? value.cidr,
    used: space.usedIn(name),
  }));
  const draft: Draft = { pools, writes: [], restored: [], refused: gateway.refused };
  await correctPools(draft, wanted, network, context, origin);
  correctProfile(draft, wanted, context, origin);
  correctReservation(draft, wanted, context, origin);
  extend(draft, wanted, value, context, origin);

  const record = recordOf(wanted, draft.pools, value.blockSize);
  const result = draft.refused.length > 0 || draft.confined ? { after: BLOCKED } : undefined;
  const observed = [
    ...draft.refused,
    ...(draft.refused.length === 0 ? [allocated(record.ranges?.join(', ') ?? '')] : []),
  ];
  if (draft.restored.length > 0) {
    const message = `${draft.restored.join('; ')}: set right`;
    context.event(wanted.about, 'Warning', 'ChangedByOthers', message);
    observed.push(say('InSync', 'True', 'Restored', `${timestamp(clock.now())} ${message}`));
  }

  const wait = draft.writes.length === 0 ? untilCounted(network, record, context) : 0;
  if (wait > 0) return { observed, result: { after: wait } };
  const put: Write<Owned> = { put: 'networks', id: network.id, value: record, expect: network.modRevision };
  const guards = [...wanted.guards, ...gateway.guards, ...(draft.settled ?? [])];
  const commit = () => store.commit({ writes: [put, ...draft.writes], guards });
  if (draft.added) {
    const { range, pool } = draft.added;
    await tools.fresh.during({ network: network.id, range, pool }, { commit, clock });
    context.event(wanted.about, 'Normal', 'NetworkExtended', `${network.id} has ${formatCidr(range)} as well`);
  } else await commit();
  tools.counted.set(network.id, clock.monotonic());
  return { observed, result };
}

/** Milliseconds until it is worth a write that only the number of addresses in use has changed. */
function untilCounted({ id, value }: Entry<'networks'>, record: NetworkRecord, { tools, clock }: Ippool): number {
  const isFull = ({ used, capacity }: NetworkRecord) => used >= capacity;
  if (value.used === record.used || isFull(value) !== isFull(record)) return 0;
  const { used: _, ...before } = value;
  const { used: __, ...after } = record;
  if (JSON.stringify(before) !== JSON.stringify(after)) return 0;
  return (tools.counted.get(id) ?? Number.NEGATIVE_INFINITY) + COUNTED_EVERY - clock.monotonic();
}

/** Pools of ours that somebody changed or deleted become what they were; one that is somebody else's stays as it is. */
async function correctPools(
  draft: Draft,
  { natOutgoing, encapsulation, spec }: Wanted,
  { id, value: record }: Entry<'networks'>,
  { state, store, tools, installation }: Ippool,
  origin: Origin,
): Promise<void> {
  const reader = new CalicoReader(state);
  for (const { name, range: text } of draft.pools) {
    const range = parseCidr(text);
    const blockSize = text === record.cidr ? record.blockSize : furtherBlockSize(range, record, spec);
    const options = { range, natOutgoing, encapsulation };
    const { value: found, revision } = reader.pool(name);
    if (revision !== 0 && (!found || !isOurs(found, installation))) {
      draft.refused.push(notAllocated('NameTaken', `the IP pool ${name} is not ours any more`));
    } else if (found) {
      const wanted = poolSpec({ ...options, blockSize: found.spec.blockSize ?? blockSize });
      const differences = poolDifferences(found.spec, wanted);
      if (differences.length === 0) continue;
      const value = Buffer.from(ipPool.write({ ...found, spec: { ...withoutSwitches(found.spec), ...wanted } }));
      draft.writes.push({ put: 'calico', id: keyOf.pool(name), value, expect: revision });
      // What the owner of the network has just changed is no news.
      const others =
        natOutgoing === (record.natOutgoing ?? true)
          ? differences
          : differences.filter((each) => !each.startsWith('natOutgoing'));
      if (others.length > 0) draft.restored.push(`IP pool ${name}: ${others.join(', ')}`);
    } else if (!(await store.read('calico', keyOf.pool(name)))) {
      const conflict = conflictOf(range, id, state, tools, record);
      if (conflict)
        draft.refused.push(
          notAllocated('Overlaps', `the IP pool ${name} was deleted, and ${text} now overlaps with ${conflict}`),
        );
      else {
        draft.writes.push(creation(poolOf({ name, network: id, spec: poolSpec({ ...options, blockSize }) }, origin)));
        draft.restored.push(`IP pool ${name} was deleted`);
        draft.settled ??= settledPools(state, tools);
      }
    }
  }
}

const withoutSwitches = <T extends { disabled?: boolean; disableBGPExport?: boolean }>({
  disabled: _,
  disableBGPExport: __,
  ...spec
}: T) => spec;

function correctProfile(
  draft: Draft,
  { name, spec: { addIptablesRules, allowFrom } }: Wanted,
  { state, installation }: Ippool,
  origin: Origin,
): void {
  const spec = profileSpec(name, { closed: addIptablesRules, allowFrom });
  const { value: found, revision } = new CalicoReader(state).profile(name);
  if (revision === 0) draft.writes.push(creation(profileOf(name, spec, origin)));
  else if (found && isOurs(found, installation)) {
    const value = bytes(profile, { ...found, spec: { ...found.spec, ...spec } });
    if (!state.get('calico', keyOf.profile(name))?.value.equals(value))
      draft.writes.push({ put: 'calico', id: keyOf.profile(name), value, expect: revision });
  }
}

/** The gateway of the spec is kept from being handed out. */
function correctReservation(draft: Draft, wanted: Wanted, { state, installation }: Ippool, origin: Origin): void {
  const { name } = wanted;
  const id = keyOf.ipReservation(name);
  const reserved = reservedIn(wanted);
  const { value: found, revision } = new CalicoReader(state).ipReservation(name);
  if (revision === 0) {
    if (reserved.length > 0) draft.writes.push(creation(reservationOf(name, reserved, origin)));
  } else if (found && isOurs(found, installation)) {
    if (reserved.length === 0) draft.writes.push({ delete: 'calico', id, expect: revision });
    else if (found.spec.reservedCIDRs?.join() !== reserved.join()) {
      const value = bytes(ipReservation, { ...found, spec: { ...found.spec, reservedCIDRs: reserved } });
      draft.writes.push({ put: 'calico', id, value, expect: revision });
    }
  }
}

/** A range that the spec names and the network has not yet, else one of the supernet for a network that is nearly full. */
function extend(draft: Draft, wanted: Wanted, record: NetworkRecord, context: Ippool, origin: Origin): void {
  const { state, tools, installation } = context;
  if (draft.pools.length >= MOST_RANGES) return;
  const ranges = new Set(draft.pools.map(({ range }) => range));
  const declared = explicitRanges(wanted.spec).filter((range) => !ranges.has(formatCidr(range)));
  const add = (range: Cidr, blockSize: number) => {
    const has = draft.pools.map(({ name }) => name);
    const name = poolNameFor(wanted.name, has, state, installation);
    if (name === undefined) return;
    const { natOutgoing, encapsulation } = wanted;
    const spec = poolSpec({ range, blockSize, natOutgoing, encapsulation });
    draft.writes.push(creation(poolOf({ name, network: wanted.name, spec }, origin)));
    draft.pools.push({ name, range: formatCidr(range), used: 0 });
    draft.added = { range, pool: keyOf.pool(name) };
    draft.settled ??= settledPools(state, tools);
  };
  for (const range of declared) {
    const conflict = conflictOf(range, wanted.name, state, tools);
    if (!conflict) {
      add(range, furtherBlockSize(range, record, wanted.spec));
      return;
    }
    const message = `${formatCidr(range)} overlaps with ${conflict}; it is added when that is gone`;
    draft.refused.push(notAllocated('Overlaps', message));
    context.event(wanted.about, 'Warning', 'Overlaps', message);
  }
  const prefix = wanted.spec.cidr === undefined ? growthOf(draft.pools, wanted, record) : undefined;
  if (prefix === undefined) return;
  const smallest = tryParseCidr(record.cidr)?.family === 4 ? record.blockSize : 28;
  const range = furtherRange({ prefix, smallest }, wanted.name, state, tools);
  if (range) {
    add(range, furtherBlockSize(range, record, wanted.spec));
    return;
  }
  draft.confined = true;
  const message = `${formatCidr(tools.supernet)} has no room for more of network ${wanted.name}`;
  context.event(wanted.about, 'Warning', 'SupernetFull', message);
}

/** Prefix length of what an allocated network needs besides; undefined where it has enough. As much again as there is, at least. */
function growthOf(
  pools: Draft['pools'],
  { containers, hosts }: Wanted,
  { gateway }: NetworkRecord,
): number | undefined {
  const four = pools.filter(({ range }) => tryParseCidr(range)?.family === 4);
  const { used, capacity } = usageOf(four, gateway);
  if (containers <= capacity && capacity - used >= capacity * NEARLY_FULL) return undefined;
  const double = 32 - Math.floor(Math.log2(Math.max(1, capacity)));
  return Math.min(double, containers > capacity ? sizeNetwork({ containers, hosts: hosts() }).prefix : double);
}
