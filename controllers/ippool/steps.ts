/**
 * Containers in so many networks that one transaction cannot hold them: addresses first, a network at a time, and the
 * endpoint when all are there; off in the same way, the endpoint last. What is left half done is taken up again.
 */

import { type Address, addressAt, parseCidr, tryParseCidr } from '../../lib/addresses/index.ts';
import { type Block, CalicoReader, heldBy, type IpamPlan, keyOf } from '../../lib/calico/index.ts';
import { type Entry, type Guard, hostOf, type View, type Write } from '../../lib/store/index.ts';
import type { Batch } from './batch.ts';
import { UNIT } from './batch.ts';
import type { Owned } from './context.ts';
import { neverAgain, takenOff } from './endpoint-removal.ts';
import { type JoinedNetwork, type Link, linkFor, linkOf, recordOf, refusal, stillAssigned } from './endpoints.ts';
import { handleOf } from './names.ts';
import type { Origin } from './resources.ts';
import { workloadEndpointId } from './workloads.ts';

/** Of an endpoint's transaction besides its networks. */
const APART = 4;
/** The endpoint's own transaction compares a handle for each network. */
const MOST_NETWORKS = UNIT - APART;
/** Interfaces taken off in one transaction: each a handle, a workload endpoint and a block of each family. */
const OFF_AT_ONCE = 10;

/** Whether an endpoint in these networks is too much for one transaction: block, affinity and pool of each family, handle, reservation, workload endpoint. */
export const needsSteps = (networks: readonly JoinedNetwork[]): boolean =>
  networks.reduce((parts, { pools }) => parts + 3 + 3 * new Set(pools.map(({ cidr }) => cidr.family)).size, APART) >
  UNIT;

export const comesOffInSteps = ({ value }: Entry<'endpoints'>): boolean => value.interfaces.length > OFF_AT_ONCE;

export interface Stepping {
  batch: Batch;
  state: View;
  origin: Origin;
}

/** @returns whether the endpoint was written; otherwise it goes on when the cache shows what was written so far */
export async function createInSteps(
  assignment: Entry<'assignments'>,
  networks: readonly JoinedNetwork[],
  { batch, state, origin }: Stepping,
): Promise<boolean> {
  const { plan } = batch;
  const guards = [stillAssigned(assignment)];
  if (networks.length > MOST_NETWORKS) {
    const message = `a container can join ${MOST_NETWORKS} networks at most, not ${networks.length}`;
    await batch.add(() => ({ writes: [refusal(assignment, message)], guards }));
    return true;
  }
  const reader = new CalicoReader(state);
  const links: Link[] = [];
  for (const [index, network] of networks.entries()) {
    const { uid } = assignment.value;
    const held = addressesOf(handleOf(network.name, uid), reader);
    if (held.length > 0) {
      links.push(linkOf(uid, network.name, index, held));
      continue;
    }
    let refused: string | undefined;
    await batch.add(() => {
      const made = linkFor(assignment, network, index, { plan, state, origin });
      if ('refused' in made) refused = made.refused;
      return 'refused' in made
        ? { writes: [], guards: [] }
        : { writes: made.part.writes, guards: [...guards, ...made.part.guards] };
    });
    if (refused !== undefined) {
      const message = refused;
      await releaseAll(assignment, networks, { batch, state, origin });
      await batch.add(() => ({ writes: [refusal(assignment, message)], guards }));
      return true;
    }
  }
  if (links.length < networks.length) return false;
  const held: Guard[] = networks.map(({ name }) => {
    const id = keyOf.handle(handleOf(name, assignment.value.uid));
    return { unchanged: 'calico', id, at: reader.revisionOf(id) };
  });
  const value = recordOf(assignment, links, networks);
  await batch.add(() => ({
    writes: [{ put: 'endpoints', id: assignment.id, value, expect: 0 }],
    guards: [...guards, ...held],
  }));
  return true;
}

/** Addresses that a handle holds, the IPv4 one first. */
function addressesOf(handle: string, reader: CalicoReader): Address[] {
  const blocks = [...(reader.handle(keyOf.handle(handle)).value?.block.keys() ?? [])];
  const addresses = blocks.flatMap((text) => {
    const range = tryParseCidr(text);
    const block: Block | undefined = range && reader.block(keyOf.block(range)).value;
    return block ? heldBy(block, handle).map((ordinal) => addressAt(parseCidr(text), ordinal)) : [];
  });
  return addresses.sort((a, b) => a.family - b.family);
}

/** One of the networks is full: what the others gave so far goes back. */
async function releaseAll(
  assignment: Entry<'assignments'>,
  networks: readonly JoinedNetwork[],
  { batch, state }: Stepping,
): Promise<void> {
  await batch.commit();
  const { uid } = assignment.value;
  const reader = new CalicoReader(state);
  for (const [index, { name }] of networks.entries()) {
    const id = workloadEndpointId(hostOf(assignment), uid, `eth${index}`);
    const expect = reader.revisionOf(id);
    if (expect === 0) continue;
    await batch.add(() => {
      batch.plan.release(handleOf(name, uid));
      return { writes: [{ delete: 'calico', id, expect }], guards: [stillAssigned(assignment)] };
    });
  }
}

/** Frees the last interfaces of an endpoint; the record keeps the others until it is small enough to go as a whole. */
export async function removeInSteps(
  endpoint: Entry<'endpoints'>,
  { batch, state }: { batch: { add: Batch['add']; plan: IpamPlan }; state: View },
): Promise<void> {
  const { id, value, modRevision } = endpoint;
  const staying = value.interfaces.slice(0, -OFF_AT_ONCE);
  await batch.add(() => {
    const taken = takenOff(endpoint, value.interfaces.slice(-OFF_AT_ONCE), { plan: batch.plan, state });
    const record: Write<Owned> = {
      put: 'endpoints',
      id,
      value: { ...value, interfaces: staying },
      expect: modRevision,
    };
    return { writes: [record, ...taken.writes], guards: [...neverAgain(endpoint, state), ...taken.guards] };
  });
}
