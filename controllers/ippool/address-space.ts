import {
  type Cidr,
  formatCidr,
  Ranges,
  rangeAround,
  sizeOf,
  tryParseAddress,
  tryParseCidr,
} from '../../lib/addresses/index.ts';
import { CalicoReader, nameOf as calicoNameOf, cidrOfKey, kindOf, paths, usedIn } from '../../lib/calico/index.ts';
import type { NetworkRecord } from '../../lib/records/index.ts';
import type { Change, Entry, Kind, View } from '../../lib/store/index.ts';
import { type Follower, following, isA } from './following.ts';

/** What is taken for the subnet of a host that does not say it: this much around its address. */
const HOST_SUBNET = { 4: 24, 6: 64 } as const;

/** Who takes a range of addresses. */
export interface Holder {
  kind: 'network' | 'pool' | 'block' | 'hosts';
  /** Of the network or pool; a block's id; the hosts' subnet. */
  name: string;
  range: Cidr;
}

/** A host's claim on a block. */
export interface HostAffinity {
  host: string;
  range: Cidr;
}

interface Usage {
  range: Cidr;
  used: number;
}

/**
 * What is taken of the address space, by whom, and how full it is: networks, IP pools and blocks (ours and others',
 * disabled ones too) and the hosts' own subnets.
 */
export class AddressSpace implements Follower {
  readonly ranges = new Ranges<Holder>();
  /** Every host's affinities, whether there is a block or not. */
  readonly affinities = new Ranges<HostAffinity>();
  readonly #view: View;
  /** What each record holds of `ranges`, by kind and id. */
  readonly #held = new Map<string, { range: Cidr; holder: string }[]>();
  readonly #blocks = new Map<string, Usage>();
  readonly #pools = new Map<string, Usage>();
  /** How many hosts are in a subnet. */
  readonly #subnets = new Map<string, number>();

  private constructor(view: View) {
    this.#view = view;
  }

  /** Pools count the blocks that are there: they are taken over in the order of Calico's keys. */
  static readonly of: (view: View) => AddressSpace = following(
    ['networks', 'hosts', 'calico'],
    (view) => new AddressSpace(view),
  );

  /** Whoever's they are; those that cannot be read are none. */
  get poolCount(): number {
    return this.#pools.size;
  }

  /** Addresses in use in a pool, whoever's they are. */
  usedIn(pool: string): number {
    return this.#pools.get(pool)?.used ?? 0;
  }

  /** Every block that lies in a range, by address. */
  *blocksIn(range: Cidr): Iterable<{ id: string; range: Cidr }> {
    for (const holder of this.ranges.inside(range)) {
      if (holder.kind === 'block') yield { id: holder.name, range: holder.range };
    }
  }

  apply({ kind, id, before, after }: Change): void {
    if (kind === 'calico') this.#applyCalico(id, after !== undefined);
    else if (kind === 'networks') this.#hold(kind, id, after && isA('networks', after) ? rangesOf(after) : []);
    else if (kind === 'hosts') this.#applyHost(before, after);
  }

  #applyCalico(id: string, exists: boolean): void {
    const kind = kindOf(id);
    if (kind === 'block') this.#applyBlock(id, exists);
    else if (kind === 'pool') this.#applyPool(id, exists);
    else if (kind === 'affinity') this.#applyAffinity(id, exists);
  }

  #applyAffinity(id: string, exists: boolean): void {
    const range = cidrOfKey(id);
    const host = id.slice(paths.hosts.length + 1).split('/')[0];
    if (!range || host === undefined) return;
    if (exists) this.affinities.add(range, host, { host, range });
    else this.affinities.remove(range, host);
  }

  #applyBlock(id: string, exists: boolean): void {
    const range = cidrOfKey(id);
    if (!range) return;
    const was = this.#blocks.get(id)?.used ?? 0;
    const used = exists ? this.#usedInBlock(id, range) : 0;
    if (exists) this.#blocks.set(id, { range, used });
    else this.#blocks.delete(id);
    this.#hold('block', id, exists ? [{ kind: 'block', name: id, range }] : []);
    if (used === was) return;
    for (const holder of this.ranges.around(range)) {
      const pool = holder.kind === 'pool' ? this.#pools.get(holder.name) : undefined;
      if (pool) pool.used += used - was;
    }
  }

  /** A block changes with every few addresses and need not be read for how many are left: Calico lists those as numbers. */
  #usedInBlock(id: string, range: Cidr): number {
    const text = this.#view.get('calico', id)?.value.toString('latin1') ?? '';
    const [, free] = /"unallocated":\[([\d,]*)\]/.exec(text) ?? [];
    if (free !== undefined) return Number(sizeOf(range)) - (free === '' ? 0 : free.split(',').length);
    const block = new CalicoReader(this.#view).block(id).value;
    return block ? usedIn(block) : 0;
  }

  #applyPool(id: string, exists: boolean): void {
    const name = calicoNameOf(id);
    const cidr = exists ? new CalicoReader(this.#view).pool(name).value?.spec.cidr : undefined;
    const range = cidr === undefined ? undefined : tryParseCidr(cidr);
    this.#hold('pool', id, range ? [{ kind: 'pool', name, range }] : []);
    this.#pools.delete(name);
    if (!range) return;
    let used = 0;
    for (const block of this.blocksIn(range)) used += this.#blocks.get(block.id)?.used ?? 0;
    this.#pools.set(name, { range, used });
  }

  #applyHost(before: Entry | undefined, after: Entry | undefined): void {
    const was = before && isA('hosts', before) ? subnetOf(before) : undefined;
    const is = after && isA('hosts', after) ? subnetOf(after) : undefined;
    for (const [subnet, change] of [
      [is, 1],
      [was, -1],
    ] as const) {
      if (!subnet) continue;
      const name = formatCidr(subnet);
      const count = (this.#subnets.get(name) ?? 0) + change;
      if (count > 0) this.#subnets.set(name, count);
      else this.#subnets.delete(name);
      this.#hold('hosts', name, count > 0 ? [{ kind: 'hosts', name, range: subnet }] : []);
    }
  }

  /** What a record holds from now on, in place of what it held. */
  #hold(kind: Holder['kind'] | Kind, id: string, holders: readonly Holder[]): void {
    const key = `${kind}/${id}`;
    const before = this.#held.get(key) ?? [];
    const same =
      before.length === holders.length &&
      before.every(({ range }, i) => formatCidr(range) === formatCidr(holders[i]!.range));
    if (same) return;
    for (const { range, holder } of before) this.ranges.remove(range, holder);
    for (const holder of holders) this.ranges.add(holder.range, key, holder);
    if (holders.length > 0)
      this.#held.set(
        key,
        holders.map(({ range }) => ({ range, holder: key })),
      );
    else this.#held.delete(key);
  }
}

const rangesOf = ({ id, value }: Entry<'networks'>): Holder[] =>
  rangesIn(value).map((range) => ({ kind: 'network', name: id, range }));

/** The ranges that a network's record names. */
export const rangesIn = (record: NetworkRecord): Cidr[] =>
  (record.ranges ?? [record.cidr]).flatMap((text) => tryParseCidr(text) ?? []);

function subnetOf({ value }: Entry<'hosts'>): Cidr | undefined {
  if (value.gone) return undefined;
  const address = tryParseAddress(value.address);
  const told = value.subnet === undefined ? undefined : tryParseCidr(value.subnet);
  return told ?? (address && rangeAround(address, HOST_SUBNET[address.family]));
}
