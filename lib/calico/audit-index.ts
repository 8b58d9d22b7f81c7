import { BLOCK_SIZES, type Cidr, parseAddress, rangeAround, tryParseCidr } from '../addresses/index.ts';
import { parseRange } from './addresses.ts';
import { allocatedIn } from './audit-addresses.ts';
import { holdings } from './audit-block.ts';
import { hostOfBlock } from './blocks.ts';
import type { Affinity, Block, Handle } from './ipam-records.ts';
import { cidrOfKey, keyOf } from './keys.ts';

/** What an audit knows, by id, and which records a change of another one can touch. */
export class AuditIndex {
  readonly blocks = new Map<string, Block>();
  readonly handles = new Map<string, Handle>();
  readonly affinities = new Map<string, Affinity>();
  readonly pools = new Map<string, Cidr>();
  readonly reservations = new Map<string, Cidr[]>();
  /** Which addresses a record puts to use: `10.64.0.5/32`. Workload endpoints, and nodes for their tunnels. */
  readonly uses = new Map<string, string[]>();
  /** By address: ids of the records that put it to use. */
  readonly users = new Map<string, Set<string>>();
  /** Ids to look at again. */
  readonly #dirty = new Set<string>();

  /** The ids to look at again, since they were asked for last. */
  takeDirty(): string[] {
    const ids = [...this.#dirty];
    this.#dirty.clear();
    return ids;
  }

  /** The block that an address lies in, whatever its size. */
  blockOf(address: string): Cidr | undefined {
    const single = parseAddress(address.slice(0, address.indexOf('/')));
    const [shortest, longest] = BLOCK_SIZES[single.family];
    for (let prefix: number = shortest; prefix <= longest; prefix++) {
      const cidr = rangeAround(single, prefix);
      if (this.blocks.has(keyOf.block(cidr))) return cidr;
    }
    return undefined;
  }

  setBlock(id: string, after: Block | undefined): void {
    const before = this.blocks.get(id);
    const [was, is] = [new Set(before && allocatedIn(before)), new Set(after && allocatedIn(after))];
    for (const address of new Set([...was, ...is])) {
      if (was.has(address) === is.has(address)) continue;
      for (const user of this.users.get(address) ?? []) this.#dirty.add(user);
    }
    for (const version of [before, after]) {
      if (!version) continue;
      for (const name of holdings(version).keys()) this.#dirty.add(keyOf.handle(name));
      const host = hostOfBlock(version);
      const cidr = cidrOfKey(id);
      if (host !== undefined && cidr) this.#dirty.add(keyOf.affinity(host, cidr));
    }
    this.#store(this.blocks, id, after);
  }

  setHandle(id: string, after: Handle | undefined): void {
    for (const version of [this.handles.get(id), after]) {
      for (const cidr of version?.block.keys() ?? []) this.#touchBlock(tryParseCidr(cidr));
    }
    this.#store(this.handles, id, after);
  }

  setAffinity(id: string, after: Affinity | undefined): void {
    this.#touchBlock(cidrOfKey(id));
    this.#store(this.affinities, id, after);
  }

  setUses(id: string, after: string[] | undefined): void {
    for (const address of this.uses.get(id) ?? []) this.users.get(address)?.delete(id);
    for (const address of after ?? []) {
      const users = this.users.get(address) ?? new Set();
      this.users.set(address, users.add(id));
    }
    for (const address of [...(this.uses.get(id) ?? []), ...(after ?? [])]) {
      for (const user of this.users.get(address) ?? []) this.#dirty.add(user);
      if (this.users.get(address)?.size === 0) this.users.delete(address);
      this.#touchBlock(this.blockOf(address));
    }
    this.#store(this.uses, id, after);
  }

  setPool(id: string, cidr: string | undefined): void {
    this.#store(this.pools, id, cidr === undefined ? undefined : tryParseCidr(cidr));
    for (const pool of this.pools.keys()) this.#dirty.add(pool);
  }

  setReservation(id: string, ranges: readonly string[] | undefined): void {
    this.#store(
      this.reservations,
      id,
      ranges?.flatMap((range) => parseRange(range) ?? []),
    );
    for (const user of this.uses.keys()) this.#dirty.add(user);
  }

  #store<T>(records: Map<string, T>, id: string, after: T | undefined): void {
    if (after === undefined) records.delete(id);
    else records.set(id, after);
    this.#dirty.add(id);
  }

  #touchBlock(cidr: Cidr | undefined): void {
    if (cidr) this.#dirty.add(keyOf.block(cidr));
  }
}
