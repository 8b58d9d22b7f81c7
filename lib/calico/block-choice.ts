import { contains } from '../addresses/index.ts';
import { BlockSearch, type Place, type Pool, placeOf, reservedIn } from './block-search.ts';
import { affinityOf, hostOfBlock, newBlock, rfc3339 } from './blocks.ts';
import type { IpamDrafts, IpamState } from './ipam-drafts.ts';
import type { IpamConfig } from './ipam-records.ts';
import { cidrOfKey, keyOf, paths } from './keys.ts';
import type { Reserved } from './working-block.ts';

/** Who wants an address, and of which pools. */
export interface Claimant {
  host: string;
  /** In the order they are used. */
  pools: readonly Pool[];
  /** Milliseconds since the epoch. */
  now: number;
}

/** Calico's default where the configuration names no other. */
const BLOCKS_PER_HOST = 20;
/** Milliseconds for which a block that was claimed is left to its host, as Calico does, lest two hosts fight over one. */
const RECLAIMED_AFTER = 60_000;

/**
 * Which block an address comes from: one of the host's own, else one that it claims, else another host's, or, where
 * affinity is strict, one that another host has claimed a while ago and does not use.
 */
export class BlockChoice {
  readonly #state: IpamState;
  readonly #drafts: IpamDrafts;
  readonly #search = new BlockSearch();
  /** By block: which of its ordinals are reserved. */
  readonly #reserved = new Map<string, Reserved | undefined>();
  /** By pool and host: the blocks that the host has, or is about to have, an affinity to. */
  readonly #own = new Map<Pool, Map<string, { version: number; places: Place[] }>>();

  constructor(state: IpamState, drafts: IpamDrafts) {
    this.#state = state;
    this.#drafts = drafts;
  }

  /** A block that has an address to hand out: drafted where it was claimed, or taken over, just now. */
  choose(claimant: Claimant, config: IpamConfig | undefined): Place | undefined {
    return (
      this.#ownBlock(claimant) ??
      // Without a configuration blocks are allocated automatically; with one only if it says so.
      (config === undefined || config.auto_allocate_blocks ? this.#newBlock(claimant, config) : undefined) ??
      (config?.strict_affinity ? undefined : this.#borrowed(claimant))
    );
  }

  /** Which ordinals of a block may not be handed out; undefined: all may. */
  reservedIn({ cidr, id }: Place): Reserved | undefined {
    if (!this.#reserved.has(id)) this.#reserved.set(id, reservedIn(cidr, this.#state.reservations()));
    return this.#reserved.get(id);
  }

  /** Something became free: what did not do may do now. */
  again(): void {
    this.#search.again();
  }

  /** Others may have changed something. */
  landed(): void {
    this.#search.again();
    this.#reserved.clear();
  }

  #ownBlock({ host, pools, now }: Claimant): Place | undefined {
    const { blocks, affinities } = this.#drafts;
    for (const pool of pools) {
      for (const place of this.#ownBlocks(host, pool)) {
        const block = blocks.get(place.id);
        if (!block) {
          // Somebody stopped between affinity and block. One that does not parse is left alone.
          if (blocks.isUnreadable(place.id) || !this.#isUsable(place)) continue;
          return this.#claimed(place, { host, now });
        }
        if (block.affinity !== affinityOf(host)) {
          // Somebody stopped between block and affinity, or lost the race for the block.
          affinities.set(keyOf.affinity(host, place.cidr), undefined);
        } else if (block.hasRoom(this.reservedIn(place))) {
          return place;
        }
      }
    }
    return undefined;
  }

  #newBlock(claimant: Claimant, config: IpamConfig | undefined): Place | undefined {
    const { blocks, affinities } = this.#drafts;
    const { host, pools } = claimant;
    const limit = config?.maxBlocksPerHost || BLOCKS_PER_HOST;
    if (pools.reduce((count, pool) => count + this.#ownBlocks(host, pool).length, 0) >= limit) return undefined;
    const isFree = (place: Place) =>
      blocks.get(place.id) === undefined &&
      !blocks.isUnreadable(place.id) &&
      this.#isUsable(place) &&
      !affinities.isUnreadable(keyOf.affinity(host, place.cidr));
    for (const pool of pools) {
      const place = this.#search.find('claim', pool, host, isFree);
      if (place) return this.#claimed(place, claimant);
    }
    return config?.strict_affinity ? this.#reclaimed(claimant) : undefined;
  }

  #claimed(place: Place, { host, now }: Pick<Claimant, 'host' | 'now'>): Place {
    this.#drafts.setBlock(place.id, newBlock(place.cidr, host, now));
    return place;
  }

  /** Takes over a block that its host does not use: with few blocks hosts would otherwise keep each other out. */
  #reclaimed({ host, pools, now }: Claimant): Place | undefined {
    const { blocks, affinities } = this.#drafts;
    const isIdle = (place: Place) => {
      const block = blocks.get(place.id);
      const owner = block?.isEmpty ? hostOfBlock(block) : undefined;
      if (!block || owner === undefined) return false;
      const age = now - Date.parse(block.claimed ?? new Date(0).toISOString());
      if (age < RECLAIMED_AFTER || !block.hasRoom(this.reservedIn(place))) return false;
      return ![owner, host].some((each) => affinities.isUnreadable(keyOf.affinity(each, place.cidr)));
    };
    for (const pool of pools) {
      const place = this.#search.find('reclaim', pool, host, isIdle);
      const block = place && blocks.get(place.id)?.block;
      const owner = block && hostOfBlock(block);
      if (!place || !block || owner === undefined) continue;
      affinities.set(keyOf.affinity(owner, place.cidr), undefined);
      const claim = { affinity: affinityOf(host), affinity_claim_time: rfc3339(now) };
      this.#drafts.setBlock(place.id, { ...block, ...claim });
      return place;
    }
    return undefined;
  }

  #borrowed({ host, pools }: Claimant): Place | undefined {
    const hasRoom = (place: Place) => this.#drafts.blocks.get(place.id)?.hasRoom(this.reservedIn(place)) ?? false;
    for (const pool of pools) {
      const place = this.#search.find('borrow', pool, host, hasRoom);
      if (place) return place;
    }
    return undefined;
  }

  #ownBlocks(host: string, pool: Pool): readonly Place[] {
    const { affinities } = this.#drafts;
    const { version } = affinities;
    const byHost = this.#own.get(pool) ?? new Map<string, { version: number; places: Place[] }>();
    const known = byHost.get(host);
    if (known?.version === version) return known.places;
    const drafted = [...affinities.drafted()].filter((id) => id.startsWith(`${paths.hosts}/${host}/`));
    const places = [...new Set([...this.#state.affinities(host), ...drafted])].sort().flatMap((id) => {
      const cidr = cidrOfKey(id);
      const fits = cidr && cidr.prefix === pool.blockSize && contains(pool.cidr, cidr);
      return fits && affinities.get(id) !== undefined ? [placeOf(cidr)] : [];
    });
    this.#own.set(pool, byHost.set(host, { version, places }));
    return places;
  }

  /** Whether a new block would have an address to hand out. */
  #isUsable(place: Place): boolean {
    const reserved = this.reservedIn(place);
    return !reserved || newBlock(place.cidr, '', 0).unallocated.some((ordinal) => !reserved(ordinal));
  }
}
