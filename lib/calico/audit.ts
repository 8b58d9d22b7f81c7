import {
  BLOCK_SIZES,
  type Cidr,
  contains,
  formatCidr,
  overlaps,
  parseAddress,
  rangeAround,
  sizeOf,
  tryParseCidr,
} from '../addresses/index.ts';
import { parseRange } from './addresses.ts';
import { addressesOf, allocatedIn, tunnelsOf } from './audit-addresses.ts';
import { auditBlock, type Finding, finding, holdings, type Report } from './audit-block.ts';
import { Owners } from './audit-owners.ts';
import { hostOfBlock } from './blocks.ts';
import { type Codec, tryDecode } from './codec.ts';
import { type Affinity, affinity, type Block, block, type Handle, handle } from './ipam-records.ts';
import { cidrOfKey, keyOf, kindOf, nameOf, parseWorkloadEndpointName } from './keys.ts';
import { codecs } from './kinds.ts';
import { ipPool, ipReservation, node, workloadEndpoint } from './resources.ts';

export type { Finding } from './audit-block.ts';

/**
 * Every invariant of Calico's IPAM (calico.md §3), kept up to date change by change: what one change can touch is
 * looked at again, nothing else. Fed with a whole tree it audits that; fed with a watch it costs little a step.
 */
export class CalicoAudit {
  readonly #blocks = new Map<string, Block>();
  readonly #handles = new Map<string, Handle>();
  readonly #affinities = new Map<string, Affinity>();
  readonly #pools = new Map<string, Cidr>();
  /** Which addresses a record puts to use: `10.64.0.5/32`. Workload endpoints, and nodes for their tunnels. */
  readonly #uses = new Map<string, string[]>();
  readonly #users = new Map<string, Set<string>>();
  readonly #findings = new Map<string, Finding[]>();
  readonly #unreadable = new Map<string, Finding>();
  /** Ids to look at again. */
  readonly #dirty = new Set<string>();
  readonly #reservations = new Map<string, Cidr[]>();
  readonly #owners: Owners;

  /** @param installation  tells our records from others'; without it, findings do not say whose they are */
  constructor({ installation }: { installation?: string } = {}) {
    this.#owners = new Owners(installation);
  }

  /**
   * @param id     below `/calico/`
   * @param value  as stored; undefined when deleted
   */
  apply(id: string, value: Buffer | undefined): void {
    const kind = kindOf(id);
    this.#unreadable.delete(id);
    if (kind === 'block') this.#setBlock(id, this.#read(block, id, value));
    else if (kind === 'handle') this.#setHandle(id, this.#read(handle, id, value));
    else if (kind === 'affinity') this.#setAffinity(id, this.#read(affinity, id, value));
    else if (kind === 'workloadEndpoint') this.#setUses(id, addressesOf(this.#read(workloadEndpoint, id, value)));
    else if (kind === 'node') this.#setUses(id, tunnelsOf(this.#read(node, id, value)));
    else if (kind === 'pool') this.#setPool(id, this.#read(ipPool, id, value)?.spec.cidr);
    else if (kind === 'ipReservation')
      this.#setReservation(id, this.#read(ipReservation, id, value)?.spec.reservedCIDRs);
    else if (kind) this.#read<unknown>(codecs[kind], id, value);
    this.#owners.apply(id, this.#unreadable.has(id) ? undefined : value);
  }

  /** What is wrong now, ordered by id. */
  findings(): Finding[] {
    for (const id of this.#dirty) this.#review(id);
    this.#dirty.clear();
    const found = [...this.#unreadable.values(), ...[...this.#findings.values()].flat()].map((each) => {
      const owner = this.#owners.ownerOf(each.id);
      return owner ? { ...each, owner } : each;
    });
    return found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  /** What cannot be read counts as absent, and is a finding. */
  #read<T>(codec: Codec<T>, id: string, value: Buffer | undefined): T | undefined {
    return tryDecode(codec, id, value, (problem) =>
      this.#unreadable.set(id, finding('unreadable', id, problem, 'what Calico stores there')),
    );
  }

  #setBlock(id: string, after: Block | undefined): void {
    const before = this.#blocks.get(id);
    const [was, is] = [new Set(before && allocatedIn(before)), new Set(after && allocatedIn(after))];
    for (const address of new Set([...was, ...is])) {
      if (was.has(address) === is.has(address)) continue;
      for (const user of this.#users.get(address) ?? []) this.#dirty.add(user);
    }
    for (const version of [before, after]) {
      if (!version) continue;
      for (const name of holdings(version).keys()) this.#dirty.add(keyOf.handle(name));
      const host = hostOfBlock(version);
      const cidr = cidrOfKey(id);
      if (host !== undefined && cidr) this.#dirty.add(keyOf.affinity(host, cidr));
    }
    this.#store(this.#blocks, id, after);
  }

  #setHandle(id: string, after: Handle | undefined): void {
    for (const version of [this.#handles.get(id), after]) {
      for (const cidr of version?.block.keys() ?? []) this.#touchBlock(tryParseCidr(cidr));
    }
    this.#store(this.#handles, id, after);
  }

  #setAffinity(id: string, after: Affinity | undefined): void {
    this.#touchBlock(cidrOfKey(id));
    this.#store(this.#affinities, id, after);
  }

  #setUses(id: string, after: string[] | undefined): void {
    for (const address of this.#uses.get(id) ?? []) this.#users.get(address)?.delete(id);
    for (const address of after ?? []) {
      const users = this.#users.get(address) ?? new Set();
      this.#users.set(address, users.add(id));
    }
    for (const address of [...(this.#uses.get(id) ?? []), ...(after ?? [])]) {
      for (const user of this.#users.get(address) ?? []) this.#dirty.add(user);
      if (this.#users.get(address)?.size === 0) this.#users.delete(address);
      this.#touchBlock(this.#blockOf(address));
    }
    this.#store(this.#uses, id, after);
  }

  #setPool(id: string, cidr: string | undefined): void {
    this.#store(this.#pools, id, cidr === undefined ? undefined : tryParseCidr(cidr));
    for (const pool of this.#pools.keys()) this.#dirty.add(pool);
  }

  #setReservation(id: string, ranges: readonly string[] | undefined): void {
    this.#store(
      this.#reservations,
      id,
      ranges?.flatMap((range) => parseRange(range) ?? []),
    );
    for (const user of this.#uses.keys()) this.#dirty.add(user);
  }

  #store<T>(records: Map<string, T>, id: string, after: T | undefined): void {
    if (after === undefined) records.delete(id);
    else records.set(id, after);
    this.#dirty.add(id);
  }

  #touchBlock(cidr: Cidr | undefined): void {
    if (cidr) this.#dirty.add(keyOf.block(cidr));
  }

  #review(id: string): void {
    const found: Finding[] = [];
    const report: Report = (code, what, expected) => found.push(finding(code, id, what, expected));
    const kind = kindOf(id);
    if (kind === 'block') this.#reviewBlock(id, report);
    else if (kind === 'handle') this.#reviewHandle(id, report);
    else if (kind === 'affinity') this.#reviewAffinity(id, report);
    else if (kind === 'workloadEndpoint' || kind === 'node') this.#reviewUses(id, report);
    else if (kind === 'pool') this.#reviewPool(id, report);
    if (found.length > 0) this.#findings.set(id, found);
    else this.#findings.delete(id);
  }

  #reviewBlock(id: string, report: Report): void {
    const reviewed = this.#blocks.get(id);
    const cidr = cidrOfKey(id);
    if (!reviewed || !cidr) return;
    if (reviewed.cidr !== nameOf(id).replace(/-(?=\d+$)/, '/'))
      report('block-size', `the key is not that of ${reviewed.cidr}`, `cidr ${formatCidr(cidr)}`);
    auditBlock(reviewed, Number(sizeOf(cidr)), report);
    for (const [name, count] of holdings(reviewed)) {
      const held = this.#handles.get(keyOf.handle(name))?.block.get(reviewed.cidr) ?? 0;
      if (held !== count)
        report('handle', `handle ${name} knows of ${held} addresses here`, `${count}, as the block has it`);
    }
    for (const address of allocatedIn(reviewed)) {
      if (!this.#users.has(address))
        report('address-unused', `${address} is assigned and nobody has it`, 'an endpoint or a tunnel with it');
    }
    const host = hostOfBlock(reviewed);
    if (host !== undefined && !this.#affinities.has(keyOf.affinity(host, cidr))) {
      report('affinity', `host ${host} has no affinity to it`, keyOf.affinity(host, cidr));
    }
  }

  #reviewHandle(id: string, report: Report): void {
    const reviewed = this.#handles.get(id);
    if (!reviewed) return;
    if (reviewed.block.size === 0) report('handle', 'holds nothing', 'no such handle');
    for (const [cidr, count] of reviewed.block) {
      const range = tryParseCidr(cidr);
      const found = range && this.#blocks.get(keyOf.block(range));
      const held = (found && holdings(found).get(nameOf(id))) ?? 0;
      if (held !== count) report('handle', `knows of ${count} addresses in ${cidr}`, `${held}, as the block has it`);
    }
  }

  #reviewAffinity(id: string, report: Report): void {
    const reviewed = this.#affinities.get(id);
    const cidr = cidrOfKey(id);
    // What is pending or pending deletion is somebody's step in between.
    if (!reviewed || !cidr || (reviewed.state !== '' && reviewed.state !== 'confirmed')) return;
    const found = this.#blocks.get(keyOf.block(cidr));
    const host = found && hostOfBlock(found);
    if (host === undefined || keyOf.affinity(host, cidr) !== id)
      report('affinity', `the block belongs to ${host ?? 'nobody'}`, 'the block to be of this host');
  }

  #reviewUses(id: string, report: Report): void {
    const addresses = this.#uses.get(id);
    if (!addresses) return;
    if (kindOf(id) === 'workloadEndpoint' && !parseWorkloadEndpointName(nameOf(id))) {
      report('endpoint-name', 'the name has not four segments', 'node-orchestrator-workload-endpoint');
    }
    for (const address of addresses) {
      for (const other of this.#users.get(address) ?? []) {
        if (other !== id) report('address-twice', `${address} is also used by ${other}`, 'one user');
      }
      const reservation = this.#ownReservationOf(address);
      if (reservation) report('reserved', `${address} is in use`, `it to be kept free by ${reservation}`);
      const cidr = this.#blockOf(address);
      const found = cidr && this.#blocks.get(keyOf.block(cidr));
      if (found && allocatedIn(found).includes(address)) continue;
      // An address outside all pools is none of IPAM's.
      const range = tryParseCidr(address);
      if (range && [...this.#pools.values()].some((pool) => contains(pool, range))) {
        report('address-unassigned', `${address} is not assigned`, 'its block to have it');
      }
    }
  }

  #reviewPool(id: string, report: Report): void {
    const reviewed = this.#pools.get(id);
    for (const [other, range] of reviewed ? this.#pools : []) {
      if (other !== id && reviewed && overlaps(reviewed, range))
        report('pool', `overlaps with ${nameOf(other)}`, 'a range of its own');
    }
  }

  /** A reservation of ours that holds an address; others' may have come after their addresses were given out. */
  #ownReservationOf(address: string): string | undefined {
    if (this.#reservations.size === 0) return undefined;
    const single = tryParseCidr(address);
    const found = [...this.#reservations].find(
      ([id, ranges]) => this.#owners.ownerOf(id) === 'us' && ranges.some((range) => single && contains(range, single)),
    );
    return found && nameOf(found[0]);
  }

  /** The block that an address lies in, whatever its size. */
  #blockOf(address: string): Cidr | undefined {
    const single = parseAddress(address.slice(0, address.indexOf('/')));
    const [shortest, longest] = BLOCK_SIZES[single.family];
    for (let prefix: number = shortest; prefix <= longest; prefix++) {
      const cidr = rangeAround(single, prefix);
      if (this.#blocks.has(keyOf.block(cidr))) return cidr;
    }
    return undefined;
  }
}

/** Audits a whole tree. */
export function audit(
  records: Iterable<readonly [id: string, value: Buffer]>,
  options: { installation?: string } = {},
): Finding[] {
  const auditor = new CalicoAudit(options);
  for (const [id, value] of records) auditor.apply(id, value);
  return auditor.findings();
}
