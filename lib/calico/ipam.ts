import {
  type Address,
  addressAt,
  type Cidr,
  contains,
  countOfSubnets,
  formatCidr,
  parseCidr,
  rangeAround,
  subnetAt,
} from '../network/index.ts';
import { affinityOf, assignFrom, heldBy, hostOfBlock, isEmpty, newBlock, release } from './blocks.ts';
import {
  type Affinity,
  affinity as affinityCodec,
  type Block,
  block as blockCodec,
  type Handle,
  handle as handleCodec,
  type IpamConfig,
} from './ipam-records.ts';
import { writeJson } from './json.ts';
import { cidrOfKey, keyOf, paths } from './keys.ts';
import { type Change, Overlay, type Versioned } from './overlay.ts';

/** Calico's IPAM records as they were read. A record that does not parse is there but `unreadable`: never written over. */
export interface IpamState {
  config(): IpamConfig | undefined;
  block(id: string): Versioned<Block> & { unreadable?: boolean };
  affinity(id: string): Versioned<Affinity>;
  /** Ids of all affinities of a host. */
  affinities(host: string): string[];
  handle(id: string): Versioned<Handle>;
}

/** A pool that may be assigned from. */
export interface Pool {
  cidr: Cidr;
  /** Prefix length of its blocks. */
  blockSize: number;
}

export interface AssignRequest {
  host: string;
  /** In the order they are used. */
  pools: readonly Pool[];
  /** Handle id: what the address is released by. */
  handle: string;
  /** Milliseconds since the epoch. */
  now: number;
}

export type Assigned = { address: Address } | { refused: string };

/** Calico's default where the configuration names no other. */
const BLOCKS_PER_HOST = 20;
/** Blocks of one pool that are looked through for a free one. */
const SEARCHED_BLOCKS = 65_536;

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
  readonly #blocks: Overlay<Block>;
  readonly #affinities: Overlay<Affinity>;
  readonly #handles: Overlay<Handle>;
  /** Pools in which this plan found no block left to claim, or none to borrow from. */
  readonly #exhausted = { claim: new Set<string>(), borrow: new Set<string>() };

  constructor(state: IpamState) {
    this.#state = state;
    this.#blocks = new Overlay({
      read: (id) => state.block(id),
      write: (value) => writeJson(blockCodec.encode(value)),
      seal: (value) => ({ ...value, sequenceNumber: value.sequenceNumber + 1n }),
    });
    this.#affinities = new Overlay({
      read: (id) => state.affinity(id),
      write: (value) => writeJson(affinityCodec.encode(value)),
    });
    this.#handles = new Overlay({
      read: (id) => state.handle(id),
      write: (value) => writeJson(handleCodec.encode(value)),
    });
  }

  /**
   * Assigns one address: from the host's own blocks, else from a block that it claims, else from another host's.
   *
   * @returns the address, or a sentence that says why there is none
   */
  assign(request: AssignRequest): Assigned {
    const config = this.#state.config();
    const address =
      this.#fromOwnBlocks(request) ??
      // Without a configuration blocks are allocated automatically; with one only if it says so.
      (config === undefined || config.auto_allocate_blocks ? this.#fromNewBlock(request, config) : undefined) ??
      (config?.strict_affinity ? undefined : this.#borrowed(request));
    if (address) return { address };
    const ranges = request.pools.map((pool) => formatCidr(pool.cidr)).join(', ') || 'no pool';
    const rule = config?.strict_affinity ? `no address of host ${request.host}’s own blocks` : 'no address';
    return { refused: `${rule} is free in ${ranges}` };
  }

  /**
   * Frees all addresses of a handle, and the handle.
   *
   * @param nearby  addresses that it should hold: their blocks are searched as well, so that a lost handle leaks nothing
   * @returns the addresses that were freed
   */
  release(handle: string, nearby: readonly { address: Address; blockSize: number }[] = []): Address[] {
    const blocks = new Set(this.#handles.get(keyOf.handle(handle))?.block.keys());
    for (const { address, blockSize } of nearby) blocks.add(formatCidr(rangeAround(address, blockSize)));
    this.#searchAgain();
    const freed: Address[] = [];
    for (const cidr of [...blocks].sort().map(parseCidr)) {
      const id = keyOf.block(cidr);
      const block = this.#blocks.get(id);
      const ordinals = block ? heldBy(block, handle) : [];
      if (!block || ordinals.length === 0) continue;
      const after = release(block, ordinals);
      // A block without a host is only there for what is still in use.
      this.#blocks.set(id, isEmpty(after) && hostOfBlock(after) === undefined ? undefined : after);
      freed.push(...ordinals.map((ordinal) => addressAt(cidr, ordinal)));
    }
    this.#handles.set(keyOf.handle(handle), undefined);
    return freed;
  }

  /** Takes a block from its host: an empty one goes, one in use stays without a host. */
  releaseAffinity(host: string, cidr: Cidr): void {
    this.#searchAgain();
    const id = keyOf.block(cidr);
    const block = this.#blocks.get(id);
    if (block && hostOfBlock(block) === host) {
      const { affinity_claim_time: _, ...unclaimed } = block;
      this.#blocks.set(id, isEmpty(block) ? undefined : { ...unclaimed, affinity: null });
    }
    this.#affinities.set(keyOf.affinity(host, cidr), undefined);
  }

  /** What has to be written, all of it in one transaction. */
  changes(): Change[] {
    return [...this.#affinities.changes(), ...this.#blocks.changes(), ...this.#handles.changes()];
  }

  /** How many changes there are. */
  get size(): number {
    return this.#affinities.size + this.#blocks.size + this.#handles.size;
  }

  /** The changes landed with this revision; what is planned from now on builds on them. */
  landed(revision: number): void {
    for (const overlay of [this.#affinities, this.#blocks, this.#handles]) overlay.landed(revision);
  }

  /** @returns a function that takes back everything planned since */
  mark(): () => void {
    const undo = [this.#affinities, this.#blocks, this.#handles].map((overlay) => overlay.mark());
    return () => {
      for (const step of undo) step();
      this.#searchAgain();
    };
  }

  #fromOwnBlocks(request: AssignRequest): Address | undefined {
    for (const pool of request.pools) {
      for (const cidr of this.#affineBlocks(request.host, pool)) {
        const block = this.#blocks.get(keyOf.block(cidr));
        if (!block) {
          // Somebody stopped between affinity and block. One that does not parse is left alone.
          if (!this.#isFree(cidr)) continue;
          return this.#take(newBlock(cidr, request.host, request.now), cidr, request);
        }
        if (hostOfBlock(block) !== request.host) {
          this.#affinities.set(keyOf.affinity(request.host, cidr), undefined);
        } else if (block.unallocated.length > 0) {
          return this.#take(block, cidr, request);
        }
      }
    }
    return undefined;
  }

  #fromNewBlock(request: AssignRequest, config: IpamConfig | undefined): Address | undefined {
    const { host, pools } = request;
    const limit = config?.maxBlocksPerHost || BLOCKS_PER_HOST;
    if (pools.reduce((count, pool) => count + this.#affineBlocks(host, pool).length, 0) >= limit) return undefined;
    for (const pool of pools) {
      const cidr = this.#find('claim', pool, host, (candidate) => this.#isFree(candidate));
      if (cidr) return this.#take(newBlock(cidr, host, request.now), cidr, request);
    }
    return undefined;
  }

  #borrowed(request: AssignRequest): Address | undefined {
    for (const pool of request.pools) {
      const hasRoom = (cidr: Cidr) => (this.#blocks.get(keyOf.block(cidr))?.unallocated.length ?? 0) > 0;
      const cidr = this.#find('borrow', pool, request.host, hasRoom);
      const block = cidr && this.#blocks.get(keyOf.block(cidr));
      if (cidr && block) return this.#take(block, cidr, request);
    }
    return undefined;
  }

  /** Writes the assignment down in block and handle, and confirms the affinity where the block is the host's own. */
  #take(block: Block, cidr: Cidr, { host, handle, now }: AssignRequest): Address | undefined {
    const taken = assignFrom(block, { handle, host, now });
    if (!taken) return undefined;
    this.#blocks.set(keyOf.block(cidr), taken.block);
    if (block.affinity === affinityOf(host)) {
      const id = keyOf.affinity(host, cidr);
      const affinity = this.#affinities.get(id);
      if (!affinity || (affinity.state !== '' && affinity.state !== 'confirmed')) {
        this.#affinities.set(id, affinity ? { ...affinity, ...CONFIRMED } : CONFIRMED);
      }
    }
    const id = keyOf.handle(handle);
    const held = this.#handles.get(id) ?? { block: new Map<string, number>(), deleted: false };
    const count = (held.block.get(block.cidr) ?? 0) + 1;
    this.#handles.set(id, { ...held, block: new Map([...held.block, [block.cidr, count]]) });
    return taken.address;
  }

  /** Blocks of a pool that the host has, or is about to have, an affinity to. */
  #affineBlocks(host: string, pool: Pool): Cidr[] {
    const known = this.#state.affinities(host);
    const planned = [...this.#affinities.touched()].filter((id) => id.startsWith(`${paths.hosts}/${host}/`));
    return [...new Set([...known, ...planned])].sort().flatMap((id) => {
      const cidr = cidrOfKey(id);
      const fits = cidr && cidr.prefix === pool.blockSize && contains(pool.cidr, cidr);
      return fits && this.#affinities.get(id) !== undefined ? [cidr] : [];
    });
  }

  #isFree(cidr: Cidr): boolean {
    const id = keyOf.block(cidr);
    return this.#blocks.get(id) === undefined && !this.#state.block(id).unreadable;
  }

  /** The first block that will do, from a place that differs by host, so that hosts seldom want the same one at once. */
  #find(purpose: 'claim' | 'borrow', pool: Pool, host: string, suits: (cidr: Cidr) => boolean): Cidr | undefined {
    const name = formatCidr(pool.cidr);
    if (this.#exhausted[purpose].has(name)) return undefined;
    const count = Math.min(SEARCHED_BLOCKS, countOfSubnets(pool.cidr, pool.blockSize));
    const start = hash(host) % Math.max(1, count);
    for (let i = 0; i < count; i++) {
      const cidr = subnetAt(pool.cidr, pool.blockSize, (start + i) % count);
      if (suits(cidr)) return cidr;
    }
    this.#exhausted[purpose].add(name);
    return undefined;
  }

  /** Something became free: pools that had nothing left may have now. */
  #searchAgain(): void {
    for (const pools of Object.values(this.#exhausted)) pools.clear();
  }
}

/** FNV-1a, 32 bits: spreads, no more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
