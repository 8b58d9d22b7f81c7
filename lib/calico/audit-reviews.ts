/** What is wrong with one record of Calico's, seen beside all others (calico.md §3). */

import { contains, formatCidr, overlaps, sizeOf, tryParseCidr } from '../addresses/index.ts';
import { allocatedIn } from './audit-addresses.ts';
import { auditBlock, type Finding, finding, holdings, type Report } from './audit-block.ts';
import type { AuditIndex } from './audit-index.ts';
import type { Owners } from './audit-owners.ts';
import { hostOfBlock } from './blocks.ts';
import { type CalicoKind, cidrOfKey, keyOf, kindOf, nameOf, parseWorkloadEndpointName } from './keys.ts';

interface Review {
  index: AuditIndex;
  owners: Owners;
  report: Report;
}

const REVIEWS: Partial<Record<CalicoKind, (id: string, review: Review) => void>> = {
  block: reviewBlock,
  handle: reviewHandle,
  affinity: reviewAffinity,
  workloadEndpoint: reviewUses,
  node: reviewUses,
  pool: reviewPool,
};

export function review(id: string, index: AuditIndex, owners: Owners): Finding[] {
  const found: Finding[] = [];
  const report: Report = (code, what, expected) => found.push(finding(code, id, what, expected));
  const kind = kindOf(id);
  if (kind) REVIEWS[kind]?.(id, { index, owners, report });
  return found;
}

function reviewBlock(id: string, { index, report }: Review): void {
  const reviewed = index.blocks.get(id);
  const cidr = cidrOfKey(id);
  if (!reviewed || !cidr) return;
  if (reviewed.cidr !== nameOf(id).replace(/-(?=\d+$)/, '/'))
    report('block-size', `the key is not that of ${reviewed.cidr}`, `cidr ${formatCidr(cidr)}`);
  auditBlock(reviewed, Number(sizeOf(cidr)), report);
  for (const [name, count] of holdings(reviewed)) {
    const held = index.handles.get(keyOf.handle(name))?.block.get(reviewed.cidr) ?? 0;
    if (held !== count)
      report('handle', `handle ${name} knows of ${held} addresses here`, `${count}, as the block has it`);
  }
  for (const address of allocatedIn(reviewed)) {
    if (!index.users.has(address))
      report('address-unused', `${address} is assigned and nobody has it`, 'an endpoint or a tunnel with it');
  }
  const host = hostOfBlock(reviewed);
  if (host !== undefined && !index.affinities.has(keyOf.affinity(host, cidr))) {
    report('affinity', `host ${host} has no affinity to it`, keyOf.affinity(host, cidr));
  }
}

function reviewHandle(id: string, { index, report }: Review): void {
  const reviewed = index.handles.get(id);
  if (!reviewed) return;
  if (reviewed.block.size === 0) report('handle', 'holds nothing', 'no such handle');
  for (const [cidr, count] of reviewed.block) {
    const range = tryParseCidr(cidr);
    const found = range && index.blocks.get(keyOf.block(range));
    const held = (found && holdings(found).get(nameOf(id))) ?? 0;
    if (held !== count) report('handle', `knows of ${count} addresses in ${cidr}`, `${held}, as the block has it`);
  }
}

function reviewAffinity(id: string, { index, report }: Review): void {
  const reviewed = index.affinities.get(id);
  const cidr = cidrOfKey(id);
  // What is pending or pending deletion is somebody's step in between.
  if (!reviewed || !cidr || (reviewed.state !== '' && reviewed.state !== 'confirmed')) return;
  const found = index.blocks.get(keyOf.block(cidr));
  const host = found && hostOfBlock(found);
  if (host === undefined || keyOf.affinity(host, cidr) !== id)
    report('affinity', `the block belongs to ${host ?? 'nobody'}`, 'the block to be of this host');
}

function reviewUses(id: string, { index, owners, report }: Review): void {
  const addresses = index.uses.get(id);
  if (!addresses) return;
  if (kindOf(id) === 'workloadEndpoint' && !parseWorkloadEndpointName(nameOf(id))) {
    report('endpoint-name', 'the name has not four segments', 'node-orchestrator-workload-endpoint');
  }
  for (const address of addresses) {
    for (const other of index.users.get(address) ?? []) {
      if (other !== id) report('address-twice', `${address} is also used by ${other}`, 'one user');
    }
    const reservation = ownReservationOf(address, index, owners);
    if (reservation) report('reserved', `${address} is in use`, `it to be kept free by ${reservation}`);
    const cidr = index.blockOf(address);
    const found = cidr && index.blocks.get(keyOf.block(cidr));
    if (found && allocatedIn(found).includes(address)) continue;
    // An address outside all pools is none of IPAM's.
    const range = tryParseCidr(address);
    if (range && [...index.pools.values()].some((pool) => contains(pool, range))) {
      report('address-unassigned', `${address} is not assigned`, 'its block to have it');
    }
  }
}

function reviewPool(id: string, { index, report }: Review): void {
  const reviewed = index.pools.get(id);
  for (const [other, range] of reviewed ? index.pools : []) {
    if (other !== id && reviewed && overlaps(reviewed, range))
      report('pool', `overlaps with ${nameOf(other)}`, 'a range of its own');
  }
}

/** A reservation of ours that holds an address; others' may have come after their addresses were given out. */
function ownReservationOf(address: string, index: AuditIndex, owners: Owners): string | undefined {
  if (index.reservations.size === 0) return undefined;
  const single = tryParseCidr(address);
  const found = [...index.reservations].find(
    ([id, ranges]) => owners.ownerOf(id) === 'us' && ranges.some((range) => single && contains(range, single)),
  );
  return found && nameOf(found[0]);
}
