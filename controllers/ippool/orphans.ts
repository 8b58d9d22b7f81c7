/** What of ours in Calico belongs to nobody. Pure. Others' records are never among it. */

import { addressAt, type Cidr, tryParseCidr } from '../../lib/addresses/index.ts';
import {
  type Block,
  CalicoReader,
  nameOf as calicoNameOf,
  type HeldAddress,
  isEmpty,
  keyOf,
  ORCHESTRATOR,
  parseWorkloadEndpointName,
  paths,
  tryDecode,
  type WorkloadEndpointSpec,
  workloadEndpoint,
} from '../../lib/calico/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import { AddressSpace, rangesIn } from './address-space.ts';
import { cloudOfTunnels } from './calico-settings.ts';
import { Membership } from './membership.ts';
import { handleOf } from './names.ts';
import { isOurs, networkOfResource } from './resources.ts';
import { isSound } from './sound.ts';

/** A record that belongs to nobody. */
export interface Orphan {
  /** Below `/calico/`. */
  id: string;
  revision: number;
}

/** Addresses in a block whose handle is not there and whose container neither. */
export interface LostAddresses extends Orphan {
  handle: string;
  addresses: HeldAddress[];
}

/** Placement's: one per incarnation. */
const UID = /^[a-z0-9]{20}$/;

/** Whether an incarnation has an endpoint, or may get one, or runs with one whose record was lost. */
const isKnown = (uid: string, state: View): boolean =>
  (['endpoints', 'assignments', 'observed'] as const).some((kind) => state.by(kind, 'uid', uid).length > 0);

/** A workload endpoint with the handle of its addresses. */
export interface LostWorkload extends Orphan {
  handle: string;
}

/** Workload endpoints of a host whose container is gone, and with it the endpoint's record that would say so. */
export function lostWorkloads(host: string, state: View, installation: string): LostWorkload[] {
  return Membership.of(state)
    .workloadsOn(host)
    .flatMap((id) => {
      const uid = parseWorkloadEndpointName(calicoNameOf(id))?.workload;
      const entry = state.get('calico', id);
      if (uid === undefined || !entry || isKnown(uid, state)) return [];
      const spec = specOf(entry);
      const network = spec?.profiles?.[0];
      if (network === undefined || !areInOurs(spec?.ipNetworks ?? [], state, installation)) return [];
      return [{ id, revision: entry.modRevision, handle: handleOf(network, uid) }];
    });
}

/** The incarnation that a handle is of, where it is named as one of ours: `<network>.<uid>`. */
function uidOf(handle: string): string | undefined {
  const uid = handle.slice(handle.lastIndexOf('.') + 1);
  return uid.length < handle.length && UID.test(uid) ? uid : undefined;
}

/** Whether a range lies in a pool that carries our mark: several installations may share one Calico. */
function isInOurs(range: Cidr, state: View, installation: string): boolean {
  const reader = new CalicoReader(state);
  for (const { kind, name } of AddressSpace.of(state).ranges.around(range)) {
    const pool = kind === 'pool' ? reader.pool(name).value : undefined;
    if (pool && isOurs(pool, installation)) return true;
  }
  return false;
}

const areInOurs = (texts: Iterable<string>, state: View, installation: string): boolean =>
  [...texts].every((text) => {
    const range = tryParseCidr(text);
    return range !== undefined && isInOurs(range, state, installation);
  });

export function orphanHandles(state: View, installation: string): Orphan[] {
  const reader = new CalicoReader(state);
  return state.list('calico', paths.handles).flatMap(({ id, modRevision }) => {
    const uid = uidOf(calicoNameOf(id));
    if (uid === undefined || isKnown(uid, state)) return [];
    const blocks = reader.handle(id).value?.block.keys();
    return blocks && areInOurs(blocks, state, installation) ? [{ id, revision: modRevision }] : [];
  });
}

export function orphanWorkloads(state: View, installation: string): Orphan[] {
  return state.list('calico', paths.workloadEndpoints).flatMap((entry) => {
    const name = parseWorkloadEndpointName(calicoNameOf(entry.id));
    if (name?.orchestrator !== ORCHESTRATOR || !UID.test(name.workload) || isKnown(name.workload, state)) return [];
    const spec = specOf(entry);
    return spec && areInOurs(spec.ipNetworks ?? [], state, installation)
      ? [{ id: entry.id, revision: entry.modRevision }]
      : [];
  });
}

const specOf = ({ id, value }: Entry<'calico'>): WorkloadEndpointSpec | undefined =>
  tryDecode(workloadEndpoint, id, value)?.spec;

/** Blocks of our networks: addresses in them that no handle knows of, and blocks that are nobody's and empty. */
export function orphansInBlocks(state: View, installation: string): { lost: LostAddresses[]; empty: Orphan[] } {
  const reader = new CalicoReader(state);
  const lost: LostAddresses[] = [];
  const empty: Orphan[] = [];
  for (const { value } of state.list('networks').filter(isSound)) {
    for (const range of rangesIn(value)) {
      if (!isInOurs(range, state, installation)) continue;
      for (const { id, range: cidr } of AddressSpace.of(state).blocksIn(range)) {
        const { value: block, revision } = reader.block(id);
        if (!block) continue;
        if (block.affinity === null && isEmpty(block)) empty.push({ id, revision });
        else lost.push(...lostIn(block, { id, revision, cidr }, state));
      }
    }
  }
  return { lost, empty };
}

function lostIn(block: Block, at: Orphan & { cidr: Cidr }, state: View): LostAddresses[] {
  const found = new Map<string, LostAddresses>();
  for (const [ordinal, index] of block.allocations.entries()) {
    const handle = index === null ? undefined : block.attributes?.[index]?.handle_id;
    const uid = handle === undefined ? undefined : uidOf(handle);
    if (handle === undefined || uid === undefined || state.get('calico', keyOf.handle(handle))) continue;
    if (isKnown(uid, state)) continue;
    const known = found.get(handle) ?? { id: `${at.id}#${handle}`, revision: at.revision, handle, addresses: [] };
    known.addresses.push({ address: addressAt(at.cidr, ordinal), block: () => at.cidr });
    found.set(handle, known);
  }
  // A busy block has a new revision at each look: what counts is that the address stays lost.
  return [...found.values()].map((each) => ({ ...each, revision: 0 }));
}

/** Pools, profiles and reservations that were made for networks that are there no more. */
export function orphanResources(state: View, installation: string): { pools: Orphan[]; others: Orphan[] } {
  const reader = new CalicoReader(state);
  const isOrphan = (found: Parameters<typeof isOurs>[0] | undefined): boolean => {
    const network = found && isOurs(found, installation) ? networkOfResource(found) : undefined;
    if (network === undefined || state.get('networks', network)) return false;
    // A pool of tunnels is its cloud's, whose visits take it away.
    if (cloudOfTunnels(network) !== undefined) return false;
    return !Membership.of(state).hasEndpoints(network);
  };
  const under = (path: string, read: (name: string) => Parameters<typeof isOurs>[0] | undefined): Orphan[] =>
    state
      .list('calico', path)
      .filter(({ id }) => isOrphan(read(calicoNameOf(id))))
      .map(({ id, modRevision }) => ({ id, revision: modRevision }));
  return {
    // A pool on its way out changes: what counts is that its network stays away.
    pools: under(paths.pools, (name) => reader.pool(name).value).map(({ id }) => ({ id, revision: 0 })),
    others: [
      ...under(paths.profiles, (name) => reader.profile(name).value),
      ...under(paths.ipReservations, (name) => reader.ipReservation(name).value),
    ],
  };
}
