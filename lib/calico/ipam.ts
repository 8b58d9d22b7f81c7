import { type Address, type Cidr, contains, formatCidr, tryParseCidr } from '../addresses/index.ts';
import { BlockSearch, type Place, type Pool, placeOf, reservedIn } from './block-search.ts';
import { affinityOf, hostOfBlock, isEmpty, newBlock, rfc3339 } from './blocks.ts';
import {
  type Affinity,
  affinity as affinityCodec,
  type Block,
  block as blockCodec,
  type Handle,
  handle as handleCodec,
  type IpamConfig,
} from './ipam-records.ts';
import { cidrOfKey, keyOf, paths } from './keys.ts';
import { type Change, type Journal, Overlay, type Versioned } from './overlay.ts';
import { type Reserved, WorkingBlock } from './working-block.ts';

export type { Pool } from './block-search.ts';

/** Calico's IPAM records as they were read. One that does not parse has a revision and no value: it is never written over. */
export interface IpamState {
  config(): IpamConfig | undefined;
  block(id: string): Versioned<Block>;
  affinity(id: string): Versioned<Affinity>;
  /** Ids of all affinities of a host. */
  affinities(host: string): string[];
  handle(id: string): Versioned<Handle>;
  /** Ranges of IPReservations: nothing in them is handed out. */
  reservations(): readonly Cidr[];
}

export interface AssignRequest {
  host: string;
  /** In the order they are used. */
  pools: readonly Pool[];
  /** Handle id: what the address is released by. */
  handle: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** What it is for, where Calico has a word for that: `vxlanTunnelAddress`. Kept with the holder in the block. */
  type?: string;
}

export type Assigned = { address: Address } | { refused: string };

/** An address, and how to find the block that it lies in; that is asked seldom. */
export interface HeldAddress {
  address: Address;
  block: () => Cidr | undefined;
}

/** Calico's default where the configuration names no other. */
const BLOCKS_PER_HOST = 20;
/** Milliseconds for which a block that was claimed is left to its host, as Calico does, lest two hosts fight over one. */
const RECLAIMED_AFTER = 60_000;

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
  readonly #journal: Journal = [];
  readonly #blocks: Overlay<WorkingBlock>;
  readonly #affinities: Overlay<Affinity>;
  readonly #handles: Overlay<Handle>;
  readonly #search = new BlockSearch();
  /** By block: which of its ordinals are reserved. */
  readonly #reserved = new Map<string, Reserved | undefined>();
  /** By pool and host: the blocks that the host has, or is about to have, an affinity to. */
  readonly #own = new Map<Pool, Map<string, { version: number; places: Place[] }>>();

  constructor(state: IpamState) {
    this.#state = state;
    this.#blocks = new Overlay(this.#journal, {
      read: (id) => {
        const { value, revision } = state.block(id);
        return { value: value && new WorkingBlock(value, this.#journal), revision };
      },
      write: (block) => blockCodec.write(block.sealed),
      landed: (block) => block.landed(),
    });
    this.#affinities = new Overlay(this.#journal, {
      read: (id) => state.affinity(id),
      write: (value) => affinityCodec.write(value),
    });
    this.#handles = new Overlay(this.#journal, {
      read: (id) => state.handle(id),
      write: (value) => handleCodec.write(value),
    });
  }

  /**
   * Assigns one address: from the host's own blocks, else from a block that it claims, else from another host's, or,
   * where affinity is strict, from a block that another host has claimed a while ago and does not use.
   *
   * @returns the address, or a sentence that says why there is none
   */
  assign(request: AssignRequest): Assigned {
    if (this.#handles.isUnreadable(keyOf.handle(request.handle))) {
      return { refused: `the record of handle ${request.handle} cannot be read` };
    }
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
   * The addresses that a handle holds already, in order: whoever lost the record of them takes them over. What the
   * handle counts is set right by what the blocks say.
   */
  adopt(handle: string): Address[] {
    const id = keyOf.handle(handle);
    const record = this.#handles.get(id);
    if (!record) return [];
    const held = new Map<string, Address[]>();
    for (const text of [...record.block.keys()].sort()) {
      const range = tryParseCidr(text);
      const addresses = range && this.#blocks.get(keyOf.block(range))?.heldBy(handle);
      if (addresses && addresses.length > 0) held.set(text, addresses);
    }
    const counts = new Map([...held].map(([text, addresses]) => [text, addresses.length]));
    const same = counts.size === record.block.size && [...counts].every(([text, n]) => record.block.get(text) === n);
    if (!same) this.#handles.set(id, counts.size > 0 ? { ...record, block: counts } : undefined);
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
    this.#search.again();
    const id = keyOf.handle(handle);
    const record = this.#handles.get(id);
    const freed = [...(record?.block.keys() ?? [])].sort().flatMap((text) => {
      const cidr = tryParseCidr(text);
      return cidr ? this.#releaseIn(cidr, handle) : [];
    });
    for (const { address, block } of held) {
      if (freed.some(({ family, value }) => family === address.family && value === address.value)) continue;
      const cidr = block();
      if (cidr) freed.push(...this.#releaseIn(cidr, handle));
    }
    if (record || this.#handles.isUnreadable(id)) this.#handles.set(id, undefined);
    return freed;
  }

  #releaseIn(cidr: Cidr, handle: string): Address[] {
    const id = keyOf.block(cidr);
    const block = this.#blocks.get(id);
    const freed = block?.release(handle) ?? [];
    if (!block || freed.length === 0) return [];
    this.#blocks.touch(id);
    // A block without a host is only there for what is still in use.
    if (block.isEmpty && hostOfBlock(block) === undefined) this.#blocks.set(id, undefined);
    return freed;
  }

  /**
   * Takes a block from its host: an empty one goes, one in use stays without a host. A block that cannot be read stays as
   * it is, with its affinity; an affinity that cannot be read goes.
   */
  releaseAffinity(host: string, cidr: Cidr): void {
    this.#search.again();
    const id = keyOf.block(cidr);
    if (this.#blocks.isUnreadable(id)) return;
    const block = this.#blocks.get(id)?.block;
    if (block && hostOfBlock(block) === host) {
      const { affinity_claim_time: _, ...unclaimed } = block;
      this.#setBlock(id, isEmpty(block) ? undefined : { ...unclaimed, affinity: null });
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

  /** The changes landed with this revision; what is planned from now on builds on them. Marks are void. */
  landed(revision: number): void {
    for (const overlay of [this.#affinities, this.#blocks, this.#handles]) overlay.landed(revision);
    this.#journal.length = 0;
    this.#search.again();
    this.#reserved.clear();
  }

  /** @returns a function that takes back everything planned since */
  mark(): () => void {
    const until = this.#journal.length;
    return () => {
      while (this.#journal.length > until) this.#journal.pop()?.();
      this.#search.again();
    };
  }

  #fromOwnBlocks(request: AssignRequest): Address | undefined {
    for (const pool of request.pools) {
      for (const place of this.#ownBlocks(request.host, pool)) {
        const { cidr, id } = place;
        const block = this.#blocks.get(id);
        if (!block) {
          // Somebody stopped between affinity and block. One that does not parse is left alone.
          if (this.#blocks.isUnreadable(id) || !this.#isUsable(cidr, id)) continue;
          return this.#claim(place, request);
        }
        if (block.affinity !== affinityOf(request.host)) {
          // Somebody stopped between block and affinity, or lost the race for the block.
          this.#affinities.set(keyOf.affinity(request.host, cidr), undefined);
        } else if (block.hasRoom(this.#reservedIn(cidr, id))) {
          return this.#take(place, request);
        }
      }
    }
    return undefined;
  }

  #fromNewBlock(request: AssignRequest, config: IpamConfig | undefined): Address | undefined {
    const { host, pools } = request;
    const limit = config?.maxBlocksPerHost || BLOCKS_PER_HOST;
    if (pools.reduce((count, pool) => count + this.#ownBlocks(host, pool).length, 0) >= limit) return undefined;
    const isFree = ({ cidr, id }: Place) =>
      this.#blocks.get(id) === undefined &&
      !this.#blocks.isUnreadable(id) &&
      this.#isUsable(cidr, id) &&
      !this.#affinities.isUnreadable(keyOf.affinity(host, cidr));
    for (const pool of pools) {
      const place = this.#search.find('claim', pool, host, isFree);
      if (place) return this.#claim(place, request);
    }
    return config?.strict_affinity ? this.#reclaimed(request) : undefined;
  }

  /** Takes over a block that its host does not use: with few blocks hosts would otherwise keep each other out. */
  #reclaimed(request: AssignRequest): Address | undefined {
    const isIdle = ({ cidr, id }: Place) => {
      const block = this.#blocks.get(id);
      const owner = block?.isEmpty ? hostOfBlock(block) : undefined;
      if (!block || owner === undefined) return false;
      const age = request.now - Date.parse(block.claimed ?? new Date(0).toISOString());
      if (age < RECLAIMED_AFTER || !this.#isUsable(cidr, id)) return false;
      return ![owner, request.host].some((host) => this.#affinities.isUnreadable(keyOf.affinity(host, cidr)));
    };
    for (const pool of request.pools) {
      const place = this.#search.find('reclaim', pool, request.host, isIdle);
      const block = place && this.#blocks.get(place.id)?.block;
      const owner = block && hostOfBlock(block);
      if (!place || !block || owner === undefined) continue;
      this.#affinities.set(keyOf.affinity(owner, place.cidr), undefined);
      this.#setBlock(place.id, {
        ...block,
        affinity: affinityOf(request.host),
        affinity_claim_time: rfc3339(request.now),
      });
      return this.#take(place, request);
    }
    return undefined;
  }

  #borrowed(request: AssignRequest): Address | undefined {
    const hasRoom = ({ cidr, id }: Place) => this.#blocks.get(id)?.hasRoom(this.#reservedIn(cidr, id)) ?? false;
    for (const pool of request.pools) {
      const place = this.#search.find('borrow', pool, request.host, hasRoom);
      if (place) return this.#take(place, request);
    }
    return undefined;
  }

  #claim(place: Place, request: AssignRequest): Address | undefined {
    this.#setBlock(place.id, newBlock(place.cidr, request.host, request.now));
    return this.#take(place, request);
  }

  /** Writes the assignment down in block and handle, and confirms the affinity where the block is the host's own. */
  #take({ cidr, range, id }: Place, { host, handle, now, type }: AssignRequest): Address | undefined {
    const block = this.#blocks.get(id);
    if (!block) return undefined;
    this.#blocks.touch(id);
    const address = block.assign({ handle, host, now, type }, this.#reservedIn(cidr, id));
    if (!address) return undefined;
    if (block.affinity === affinityOf(host)) this.#confirm(keyOf.affinity(host, cidr));
    const held = this.#handles.get(keyOf.handle(handle)) ?? { block: new Map<string, number>(), deleted: false };
    const count = (held.block.get(range) ?? 0) + 1;
    this.#handles.set(keyOf.handle(handle), { ...held, block: new Map(held.block).set(range, count) });
    return address;
  }

  #confirm(id: string): void {
    const affinity = this.#affinities.get(id);
    if (affinity ? affinity.state === '' || affinity.state === CONFIRMED.state : this.#affinities.isUnreadable(id))
      return;
    this.#affinities.set(id, affinity ? { ...affinity, ...CONFIRMED } : CONFIRMED);
  }

  #setBlock(id: string, block: Block | undefined): void {
    this.#blocks.set(id, block && new WorkingBlock(block, this.#journal));
  }

  #ownBlocks(host: string, pool: Pool): readonly Place[] {
    const { version } = this.#affinities;
    const byHost = this.#own.get(pool) ?? new Map<string, { version: number; places: Place[] }>();
    const known = byHost.get(host);
    if (known?.version === version) return known.places;
    const drafted = [...this.#affinities.drafted()].filter((id) => id.startsWith(`${paths.hosts}/${host}/`));
    const places = [...new Set([...this.#state.affinities(host), ...drafted])].sort().flatMap((id) => {
      const cidr = cidrOfKey(id);
      const fits = cidr && cidr.prefix === pool.blockSize && contains(pool.cidr, cidr);
      return fits && this.#affinities.get(id) !== undefined ? [placeOf(cidr)] : [];
    });
    this.#own.set(pool, byHost.set(host, { version, places }));
    return places;
  }

  /** Whether a new block would have an address to hand out. */
  #isUsable(cidr: Cidr, id: string): boolean {
    const reserved = this.#reservedIn(cidr, id);
    return !reserved || newBlock(cidr, '', 0).unallocated.some((ordinal) => !reserved(ordinal));
  }

  #reservedIn(cidr: Cidr, id: string): Reserved | undefined {
    if (!this.#reserved.has(id)) this.#reserved.set(id, reservedIn(cidr, this.#state.reservations()));
    return this.#reserved.get(id);
  }
}
