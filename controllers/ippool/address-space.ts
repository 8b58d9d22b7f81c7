import {
  type Cidr,
  formatCidr,
  Ranges,
  rangeAround,
  sizeOf,
  tryParseAddress,
  tryParseCidr,
} from '../../lib/addresses/index.ts';
import {
  CalicoReader,
  nameOf as calicoNameOf,
  cidrOfKey,
  kindOf,
  parseWorkloadEndpointName,
  paths,
  usedIn,
} from '../../lib/calico/index.ts';
import type { Cache, Change, Entry, Kind, View } from '../../lib/store/index.ts';
import { ORCHESTRATOR } from './workloads.ts';

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
 * disabled ones too) and the hosts' own subnets. Kept up to date change by change, so that neither one more network nor
 * one more address costs the more the more there are.
 */
export class AddressSpace {
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
  /** Ids by the network that they join. */
  readonly #containers = new Map<string, Set<string>>();
  readonly #endpoints = new Map<string, Set<string>>();
  /** Ids of our workload endpoints, by host. */
  readonly #workloads = new Map<string, Set<string>>();
  /** How many containers of a cloud join a network, by network and cloud. */
  readonly #clouds = new Map<string, Map<string, number>>();

  private constructor(view: View) {
    this.#view = view;
    for (const kind of WATCHED) for (const entry of view.list(kind)) this.#apply({ kind, id: entry.id, after: entry });
  }

  /** That of a cache: made when first asked for, and from then on told of each change. */
  static of(view: View): AddressSpace {
    const known = spaces.get(view);
    if (known) return known;
    const made = new AddressSpace(view);
    if (isCache(view)) {
      spaces.set(view, made);
      view.subscribe((changes) => {
        for (const change of changes) made.#apply(change);
      });
    }
    return made;
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

  /** Ids of the containers that are to join a network, in order. */
  containersOn = (network: string): string[] => [...(this.#containers.get(network) ?? [])].sort();

  /** How many they are. */
  joining = (network: string): number => this.#containers.get(network)?.size ?? 0;

  /** Names of the clouds that they are in, in order. */
  cloudsOn = (network: string): string[] => [...(this.#clouds.get(network)?.keys() ?? [])].sort();

  /** Ids of the endpoints that have an interface on a network, in order. */
  endpointsOn = (network: string): string[] => [...(this.#endpoints.get(network) ?? [])].sort();

  /** Ids of the workload endpoints of ours on a host, in order. */
  workloadsOn = (host: string): string[] => [...(this.#workloads.get(host) ?? [])].sort();

  #apply({ kind, id, before, after }: Change): void {
    if (kind === 'calico') this.#applyCalico(id, after !== undefined);
    else if (kind === 'networks') this.#hold(kind, id, after && isA('networks', after) ? rangesOf(after) : []);
    else if (kind === 'hosts') this.#applyHost(before, after);
    else if (kind === 'containers') this.#applyContainer(id, before, after);
    else if (kind === 'endpoints') reindex(this.#endpoints, id, before, after);
  }

  #applyContainer(id: string, before: Entry | undefined, after: Entry | undefined): void {
    reindex(this.#containers, id, before, after);
    for (const [entry, change] of [
      [after, 1],
      [before, -1],
    ] as const) {
      if (!entry || !isA('containers', entry)) continue;
      const { networks, cloud } = entry.value;
      for (const network of networks) {
        const clouds = this.#clouds.get(network) ?? new Map<string, number>();
        const count = (clouds.get(cloud) ?? 0) + change;
        if (count > 0) clouds.set(cloud, count);
        else clouds.delete(cloud);
        if (clouds.size > 0) this.#clouds.set(network, clouds);
        else this.#clouds.delete(network);
      }
    }
  }

  #applyCalico(id: string, exists: boolean): void {
    const kind = kindOf(id);
    if (kind === 'block') this.#applyBlock(id, exists);
    else if (kind === 'pool') this.#applyPool(id, exists);
    else if (kind === 'affinity') this.#applyAffinity(id, exists);
    else if (kind === 'workloadEndpoint') this.#applyWorkload(id, exists);
  }

  #applyWorkload(id: string, exists: boolean): void {
    const name = parseWorkloadEndpointName(calicoNameOf(id));
    if (name?.orchestrator !== ORCHESTRATOR) return;
    const ids = this.#workloads.get(name.node) ?? new Set();
    if (exists) ids.add(id);
    else ids.delete(id);
    if (ids.size > 0) this.#workloads.set(name.node, ids);
    else this.#workloads.delete(name.node);
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

const spaces = new WeakMap<View, AddressSpace>();

const isCache = (view: View): view is Cache => 'subscribe' in view;

/** In the order in which they are taken over: pools count the blocks that are there. */
const WATCHED = ['networks', 'hosts', 'containers', 'endpoints', 'calico'] as const satisfies readonly Kind[];

const isA = <K extends Kind>(kind: K, entry: Entry): entry is Entry<K> => entry.kind === kind;

const rangesOf = ({ id, value }: Entry<'networks'>): Holder[] =>
  (value.ranges ?? [value.cidr]).flatMap((text): Holder[] => {
    const range = tryParseCidr(text);
    return range ? [{ kind: 'network', name: id, range }] : [];
  });

function subnetOf({ value }: Entry<'hosts'>): Cidr | undefined {
  if (value.gone) return undefined;
  const address = tryParseAddress(value.address);
  const told = value.subnet === undefined ? undefined : tryParseCidr(value.subnet);
  return told ?? (address && rangeAround(address, HOST_SUBNET[address.family]));
}

/** Moves an id from the networks that it joined to those that it joins. */
function reindex(
  index: Map<string, Set<string>>,
  id: string,
  before: Entry | undefined,
  after: Entry | undefined,
): void {
  for (const network of before ? networksOf(before) : []) {
    const ids = index.get(network);
    ids?.delete(id);
    if (ids?.size === 0) index.delete(network);
  }
  for (const network of after ? networksOf(after) : []) {
    const ids = index.get(network) ?? new Set();
    index.set(network, ids.add(id));
  }
}

function networksOf(entry: Entry): string[] {
  if (isA('containers', entry)) return entry.value.networks;
  return isA('endpoints', entry) ? entry.value.interfaces.map(({ network }) => network) : [];
}
