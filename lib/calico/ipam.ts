import { type Address, type Cidr, formatCidr, tryParseCidr } from '../addresses/index.ts';
import { BlockChoice, type Claimant } from './block-choice.ts';
import type { Place } from './block-search.ts';
import { affinityOf, hostOfBlock, isEmpty } from './blocks.ts';
import { IpamDrafts, type IpamState } from './ipam-drafts.ts';
import type { Affinity } from './ipam-records.ts';
import { keyOf } from './keys.ts';
import type { Change } from './overlay.ts';

export type { Pool } from './block-search.ts';
export type { IpamState } from './ipam-drafts.ts';

export interface AssignRequest extends Claimant {
  /** Handle id: what the address is released by. */
  handle: string;
  /** What it is for, where Calico has a word for that: `vxlanTunnelAddress`. Kept with the holder in the block. */
  type?: string;
}

export type Assigned = { address: Address } | { refused: string };

/** An address, and how to find the block that it lies in; that is asked seldom. */
export interface HeldAddress {
  address: Address;
  block: () => Cidr | undefined;
}

const CONFIRMED: Affinity = { state: 'confirmed', deleted: false };

/**
 * Assignments and releases of addresses by Calico's algorithm (calico.md §3), gathered into writes that are legal for
 * any other IPAM client to see. Calico goes step by step and marks what is half done; here block, handle and affinity
 * change in one transaction that compares the revision of each, so nothing is ever half done.
 *
 * Pure: reads the state it is given, and answers the writes. Whoever commits them calls `landed` before going on.
 */
export class IpamPlan {
  readonly #state: IpamState;
  readonly #drafts: IpamDrafts;
  readonly #choice: BlockChoice;

  constructor(state: IpamState) {
    this.#state = state;
    this.#drafts = new IpamDrafts(state);
    this.#choice = new BlockChoice(state, this.#drafts);
  }

  /**
   * Assigns one address, in the order of `BlockChoice`.
   *
   * @returns the address, or a sentence that says why there is none
   */
  assign(request: AssignRequest): Assigned {
    if (this.#drafts.handles.isUnreadable(keyOf.handle(request.handle))) {
      return { refused: `the record of handle ${request.handle} cannot be read` };
    }
    const config = this.#state.config();
    const place = this.#choice.choose(request, config);
    const address = place && this.#take(place, request);
    if (address) return { address };
    const ranges = request.pools.map((pool) => formatCidr(pool.cidr)).join(', ') || 'no pool';
    const rule = config?.strict_affinity ? `no address of host ${request.host}’s own blocks` : 'no address';
    return { refused: `${rule} is free in ${ranges}` };
  }

  /**
   * The addresses that a handle holds already, in order: whoever lost the record of them takes them over. What the
   * handle counts is set right by what the blocks say.
   */
  adopt(handle: string): Address[] {
    const id = keyOf.handle(handle);
    const record = this.#drafts.handles.get(id);
    if (!record) return [];
    const held = new Map<string, Address[]>();
    for (const text of [...record.block.keys()].sort()) {
      const range = tryParseCidr(text);
      const addresses = range && this.#drafts.blocks.get(keyOf.block(range))?.heldBy(handle);
      if (addresses && addresses.length > 0) held.set(text, addresses);
    }
    const counts = new Map([...held].map(([text, addresses]) => [text, addresses.length]));
    const same = counts.size === record.block.size && [...counts].every(([text, n]) => record.block.get(text) === n);
    if (!same) this.#drafts.handles.set(id, counts.size > 0 ? { ...record, block: counts } : undefined);
    return [...held.values()].flat();
  }

  /**
   * Frees all addresses of a handle, and the handle, also one that cannot be read: whose it is its key says.
   *
   * @param held  addresses that it should hold: where the handle's own record does not lead to one, its block is searched
   *   as well, so that a lost handle leaks nothing
   * @returns the addresses that were freed
   */
  release(handle: string, held: readonly HeldAddress[] = []): Address[] {
    this.#choice.again();
    const id = keyOf.handle(handle);
    const record = this.#drafts.handles.get(id);
    const freed = [...(record?.block.keys() ?? [])].sort().flatMap((text) => {
      const cidr = tryParseCidr(text);
      return cidr ? this.#releaseIn(cidr, handle) : [];
    });
    for (const { address, block } of held) {
      if (freed.some(({ family, value }) => family === address.family && value === address.value)) continue;
      const cidr = block();
      if (cidr) freed.push(...this.#releaseIn(cidr, handle));
    }
    if (record || this.#drafts.handles.isUnreadable(id)) this.#drafts.handles.set(id, undefined);
    return freed;
  }

  #releaseIn(cidr: Cidr, handle: string): Address[] {
    const id = keyOf.block(cidr);
    const block = this.#drafts.blocks.get(id);
    const freed = block?.release(handle) ?? [];
    if (!block || freed.length === 0) return [];
    this.#drafts.blocks.touch(id);
    // A block without a host is only there for what is still in use.
    if (block.isEmpty && hostOfBlock(block) === undefined) this.#drafts.blocks.set(id, undefined);
    return freed;
  }

  /**
   * Takes a block from its host: an empty one goes, one in use stays without a host. A block that cannot be read stays as
   * it is, with its affinity; an affinity that cannot be read goes.
   */
  releaseAffinity(host: string, cidr: Cidr): void {
    this.#choice.again();
    const id = keyOf.block(cidr);
    if (this.#drafts.blocks.isUnreadable(id)) return;
    const block = this.#drafts.blocks.get(id)?.block;
    if (block && hostOfBlock(block) === host) {
      const { affinity_claim_time: _, ...unclaimed } = block;
      this.#drafts.setBlock(id, isEmpty(block) ? undefined : { ...unclaimed, affinity: null });
    }
    this.#drafts.affinities.set(keyOf.affinity(host, cidr), undefined);
  }

  /** What has to be written, all of it in one transaction. */
  changes(): Change[] {
    return this.#drafts.changes();
  }

  /** How many changes there are. */
  get size(): number {
    return this.#drafts.size;
  }

  /** The changes landed with this revision; what is planned from now on builds on them. Marks are void. */
  landed(revision: number): void {
    this.#drafts.landed(revision);
    this.#choice.landed();
  }

  /** @returns a function that takes back everything planned since */
  mark(): () => void {
    const undo = this.#drafts.mark();
    return () => {
      undo();
      this.#choice.again();
    };
  }

  /** Writes the assignment down in block and handle, and confirms the affinity where the block is the host's own. */
  #take(place: Place, { host, handle, now, type }: AssignRequest): Address | undefined {
    const { cidr, range, id } = place;
    const block = this.#drafts.blocks.get(id);
    if (!block) return undefined;
    this.#drafts.blocks.touch(id);
    const address = block.assign({ handle, host, now, type }, this.#choice.reservedIn(place));
    if (!address) return undefined;
    if (block.affinity === affinityOf(host)) this.#confirm(keyOf.affinity(host, cidr));
    const held = this.#drafts.handles.get(keyOf.handle(handle)) ?? { block: new Map<string, number>(), deleted: false };
    const count = (held.block.get(range) ?? 0) + 1;
    this.#drafts.handles.set(keyOf.handle(handle), { ...held, block: new Map(held.block).set(range, count) });
    return address;
  }

  #confirm(id: string): void {
    const { affinities } = this.#drafts;
    const affinity = affinities.get(id);
    if (affinity?.state === '' || affinity?.state === CONFIRMED.state || affinities.isUnreadable(id)) return;
    affinities.set(id, { ...affinity, ...CONFIRMED });
  }
}
