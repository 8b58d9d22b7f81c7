import {
  type Address,
  addressAt,
  type Cidr,
  contains,
  countOfSubnets,
  parseCidr,
  subnetAt,
} from '../../lib/addresses/index.ts';
import {
  affinity,
  type Block,
  block,
  type Codec,
  cidrOfKey,
  decodeRecord,
  handle,
  heldBy,
  keyOf,
  newBlock,
  type Pool,
  paths,
  release,
} from '../../lib/calico/index.ts';
import { type Kv, prefixEnd } from '../../lib/store/index.ts';
import { endpointChange } from '../lib/calico/tree.ts';

const ROOT = '/calico/';

/** Reads and compares-and-swaps single keys below `/calico/`: all that Calico's own clients do with etcd. */
export class Datastore {
  readonly kv: Kv;

  constructor(kv: Kv) {
    this.kv = kv;
  }

  async read<T>(codec: Codec<T>, id: string): Promise<{ value?: T; revision: number }> {
    const [found] = (await this.kv.range({ key: ROOT + id })).kvs;
    return found ? { value: decodeRecord(codec, id, found.value), revision: found.modRevision } : { revision: 0 };
  }

  async ids(under: string): Promise<string[]> {
    const key = `${ROOT}${under}/`;
    const { kvs } = await this.kv.range({ key, end: prefixEnd(key), keysOnly: true });
    return kvs.map((each) => each.key.slice(ROOT.length));
  }

  /** @returns whether the key was as expected */
  async swap<T>(codec: Codec<T>, id: string, value: T | undefined, expect: number): Promise<boolean> {
    return this.put(id, value === undefined ? undefined : codec.write(value), expect);
  }

  async put(id: string, value: string | undefined, expect: number): Promise<boolean> {
    const key = ROOT + id;
    const { succeeded } = await this.kv.txn({
      compare: [{ key, target: 'mod', op: '=', value: expect }],
      then: [value === undefined ? { delete: key } : { put: key, value }],
    });
    return succeeded;
  }
}

export interface Settings {
  pool: Pool;
  strict: boolean;
  reserved: readonly Cidr[];
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Another IPAM client, on a real etcd, one step after the other as calico.md §3 has them: affinity pending, block,
 * affinity confirmed; handle first, then the block, and the handle back where the block had changed meanwhile.
 */
export class Stepwise {
  readonly #store: Datastore;
  readonly #settings: Settings;

  constructor(store: Datastore, settings: Settings) {
    this.#store = store;
    this.#settings = settings;
  }

  /** @returns undefined when nothing was to be had */
  async assign(host: string, id: string): Promise<Address | undefined> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const cidr = (await this.#own(host)) ?? (await this.#claim(host)) ?? (await this.#others());
      if (!cidr) return undefined;
      await this.#count(id, cidr, 1);
      const at = keyOf.block(cidr);
      const { value, revision } = await this.#store.read(block, at);
      const taken = value && this.#take(value, host, id);
      if (taken && (await this.#store.swap(block, at, sealed(taken.block), revision))) {
        const endpoint = endpointChange(host, id, taken.address);
        await this.#store.put(endpoint.id, endpoint.value, 0);
        return taken.address;
      }
      await this.#count(id, cidr, -1);
    }
    throw new Error('never came through');
  }

  async release(host: string, id: string): Promise<void> {
    const endpoint = endpointChange(host, id, undefined).id;
    const [found] = (await this.#store.kv.range({ key: ROOT + endpoint })).kvs;
    if (found) await this.#store.put(endpoint, undefined, found.modRevision);
    const held = (await this.#store.read(handle, keyOf.handle(id))).value?.block ?? new Map<string, number>();
    for (const cidr of [...held.keys()].map(parseCidr)) {
      const at = keyOf.block(cidr);
      for (;;) {
        const { value, revision } = await this.#store.read(block, at);
        const ordinals = value ? heldBy(value, id) : [];
        if (!value || ordinals.length === 0) break;
        const after = release(value, ordinals);
        const gone = after.affinity === null && after.allocations.every((index) => index === null);
        if (!(await this.#store.swap(block, at, gone ? undefined : sealed(after), revision))) continue;
        for (let i = 0; i < ordinals.length; i++) await this.#count(id, cidr, -1);
        break;
      }
    }
  }

  /** Gives back the host's blocks, one after the other: pendingDeletion, then the block, then the affinity. */
  async releaseAffinities(host: string): Promise<void> {
    for (const id of await this.#store.ids(`${paths.hosts}/${host}/ipv4/block`)) {
      // Calico tries this again, too, when somebody else changed the block meanwhile.
      while (!(await this.#releaseAffinity(host, id)));
    }
  }

  /** @returns whether there is nothing left to do: given up, or not the host's any more */
  async #releaseAffinity(host: string, id: string): Promise<boolean> {
    const cidr = cidrOfKey(id);
    const mine = await this.#store.read(affinity, id);
    if (!cidr || !mine.value) return true;
    const found = await this.#store.read(block, keyOf.block(cidr));
    if (found.value?.affinity !== `host:${host}`) return true;
    if (!(await this.#store.swap(affinity, id, { ...mine.value, state: 'pendingDeletion' }, mine.revision)))
      return false;
    const { affinity_claim_time: _, ...rest } = found.value;
    const empty = rest.allocations.every((index) => index === null);
    const after = empty ? undefined : sealed({ ...rest, affinity: null });
    if (!(await this.#store.swap(block, keyOf.block(cidr), after, found.revision))) return false;
    const { revision } = await this.#store.read(affinity, id);
    if (revision !== 0) await this.#store.swap(affinity, id, undefined, revision);
    return true;
  }

  async #own(host: string): Promise<Cidr | undefined> {
    for (const id of await this.#store.ids(`${paths.hosts}/${host}/ipv4/block`)) {
      const cidr = cidrOfKey(id);
      const mine = await this.#store.read(affinity, id);
      if (!cidr || !mine.value) continue;
      const found = await this.#store.read(block, keyOf.block(cidr));
      if (found.value && found.value.affinity !== `host:${host}`) {
        await this.#store.swap(affinity, id, undefined, mine.revision);
        continue;
      }
      if (mine.value.state !== 'confirmed' || !found.value) {
        if (!(await this.#settle(host, cidr))) continue;
        return cidr;
      }
      if (this.#hasRoom(found.value)) return cidr;
    }
    return undefined;
  }

  async #claim(host: string): Promise<Cidr | undefined> {
    const { pool } = this.#settings;
    for (let i = 0; i < countOfSubnets(pool.cidr, pool.blockSize); i++) {
      const cidr = subnetAt(pool.cidr, pool.blockSize, i);
      if ((await this.#store.read(block, keyOf.block(cidr))).revision !== 0) continue;
      if (await this.#settle(host, cidr)) return cidr;
    }
    return undefined;
  }

  /** Affinity pending, the block made or found to be the host's, affinity confirmed. */
  async #settle(host: string, cidr: Cidr): Promise<boolean> {
    const id = keyOf.affinity(host, cidr);
    const at = keyOf.block(cidr);
    const before = await this.#store.read(affinity, id);
    if (before.value?.state !== 'confirmed') {
      if (!(await this.#store.swap(affinity, id, { state: 'pending', deleted: false }, before.revision))) return false;
    }
    const created = await this.#store.swap(block, at, newBlock(cidr, host, this.#settings.now), 0);
    if (!created) {
      const found = await this.#store.read(block, at);
      const mine = await this.#store.read(affinity, id);
      if (found.value?.affinity !== `host:${host}`) {
        if (mine.revision !== 0) await this.#store.swap(affinity, id, undefined, mine.revision);
        return false;
      }
      // Rewritten, so that who was about to give it up does not.
      if (!(await this.#store.swap(block, at, sealed(found.value), found.revision))) return false;
    }
    const pending = await this.#store.read(affinity, id);
    return this.#store.swap(affinity, id, { state: 'confirmed', deleted: false }, pending.revision);
  }

  async #others(): Promise<Cidr | undefined> {
    if (this.#settings.strict) return undefined;
    for (const id of await this.#store.ids(paths.blocks(4))) {
      const { value } = await this.#store.read(block, id);
      if (value && this.#hasRoom(value)) return parseCidr(value.cidr);
    }
    return undefined;
  }

  #isFree(cidr: string, ordinal: number): boolean {
    const single = { ...addressAt(parseCidr(cidr), ordinal) };
    return !this.#settings.reserved.some((range) =>
      contains(range, { family: single.family, base: single.value, prefix: 32 }),
    );
  }

  #hasRoom({ cidr, unallocated }: Block): boolean {
    return unallocated.some((ordinal) => this.#isFree(cidr, ordinal));
  }

  #take(read: Block, host: string, id: string): { block: Block; address: Address } | undefined {
    const { strict, now } = this.#settings;
    if (strict && read.affinity !== `host:${host}`) return undefined;
    const ordinal = read.unallocated.find((each) => this.#isFree(read.cidr, each));
    if (ordinal === undefined) return undefined;
    const secondary = new Map([
      ['node', host],
      ['timestamp', `${now}`],
    ]);
    const attributes = [...(read.attributes ?? []), { handle_id: id, secondary }];
    const taken: Block = {
      ...read,
      allocations: read.allocations.with(ordinal, attributes.length - 1),
      unallocated: read.unallocated.filter((each) => each !== ordinal),
      attributes,
      sequenceNumberForAllocation: new Map(read.sequenceNumberForAllocation ?? []).set(
        `${ordinal}`,
        read.sequenceNumber,
      ),
    };
    return { block: taken, address: addressAt(parseCidr(read.cidr), ordinal) };
  }

  async #count(id: string, cidr: Cidr, by: 1 | -1): Promise<void> {
    const range = newBlock(cidr, '', 0).cidr;
    for (;;) {
      const { value, revision } = await this.#store.read(handle, keyOf.handle(id));
      const blocks = new Map(value?.block);
      const after = (blocks.get(range) ?? 0) + by;
      if (after > 0) blocks.set(range, after);
      else blocks.delete(range);
      const next = blocks.size === 0 ? undefined : { block: blocks, deleted: false };
      if (await this.#store.swap(handle, keyOf.handle(id), next, revision)) return;
    }
  }
}

const sealed = (changed: Block): Block => ({ ...changed, sequenceNumber: changed.sequenceNumber + 1n });
