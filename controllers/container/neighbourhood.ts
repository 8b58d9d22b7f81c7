import {
  type Address,
  addressAt,
  type Cidr,
  contains,
  parseCidr,
  rangesAround,
  regionsOf,
  tryParseCidr,
} from '../../lib/addresses/index.ts';
import { type Block, CalicoReader, cidrOfKey, hostOfBlock, kindOf, paths } from '../../lib/calico/index.ts';
import type { NetworkRecord } from '../../lib/records/index.ts';
import { type Entry, nameOf, type View } from '../../lib/store/index.ts';

/** The ranges of a network's pools. */
export function rangesOf({ cidr, ranges = [] }: NetworkRecord): string[] {
  return ranges.length > 0 ? ranges : [cidr];
}

/**
 * The networks that a network has to do with, itself among them: whose members may reach its own, and whose members
 * these may reach. With policies of the user's own that may be any; so it is where a network is open to all.
 */
export function relatedTo(network: Entry<'networks'>, state: View): Entry<'networks'>[] {
  const { closed, allowFrom = [] } = network.value;
  if (closed === false || hasPolicies(state)) return state.list('networks');
  const related = new Map([[network.id, network]]);
  for (const name of allowFrom) {
    const other = state.get('networks', name);
    if (other) related.set(name, other);
  }
  for (const other of state.by('networks', 'sharing', 'yes')) {
    if (other.value.closed === false || other.value.allowFrom?.includes(network.id)) related.set(other.id, other);
  }
  return [...related.values()];
}

const hasPolicies = (state: View): boolean =>
  [paths.globalNetworkPolicies, paths.networkPolicies].some((path) => state.list('calico', path).length > 0);

/** A block of addresses, who has it, and who has single addresses of it without having it. */
export interface HeldBlock {
  cidr: Cidr;
  /** Absent where nobody has it any more, though addresses of it are in use. */
  host?: string;
  borrowed: { address: Address; host: string }[];
}

/** The blocks of a network, by what stands in Calico's records. Costs by blocks, not by addresses or containers. */
export function blocksOf(network: NetworkRecord, state: View): HeldBlock[] {
  const reader = new CalicoReader(state);
  return rangesOf(network).flatMap((text) => {
    const range = tryParseCidr(text);
    if (!range) return [];
    const regions = regionsOf(range);
    const entries = regions
      ? regions.flatMap((region) => state.by('calico', 'region', region))
      : state.list('calico', paths.blocks(range.family));
    return entries.flatMap(({ id }) => {
      const block = reader.block(id).value;
      const held = block && !block.deleted ? heldBlock(block) : undefined;
      return held && contains(range, held.cidr) ? [held] : [];
    });
  });
}

const known = new WeakMap<Block, HeldBlock>();

/** Remembered with the record that it was read from. */
function heldBlock(block: Block): HeldBlock {
  const held = known.get(block) ?? readBlock(block);
  known.set(block, held);
  return held;
}

function readBlock(block: Block): HeldBlock {
  const cidr = parseCidr(block.cidr);
  const host = hostOfBlock(block);
  const borrowed = block.allocations.flatMap((index, ordinal) => {
    const holder = index === null ? undefined : block.attributes?.[index]?.secondary?.get('node');
    return holder === undefined || holder === host ? [] : [{ address: addressAt(cidr, ordinal), host: holder }];
  });
  return { cidr, ...(host === undefined ? {} : { host }), borrowed };
}

/** Hosts with addresses in a network or in one that it has to do with: what a change of it may concern. */
function hostsAround(network: Entry<'networks'>, state: View): string[] {
  const hosts = new Set<string>();
  for (const { value } of relatedTo(network, state)) {
    for (const { host, borrowed } of blocksOf(value, state)) {
      if (host !== undefined) hosts.add(host);
      for (const each of borrowed) hosts.add(each.host);
    }
  }
  return [...hosts];
}

/** Hosts that need other routes or rules when one of Calico's records changes. */
export function hostsConcerned({ id }: { id: string }, state: View): string[] {
  switch (kindOf(id)) {
    case 'block': {
      // Only what somebody else has of it is routed for itself.
      const block = new CalicoReader(state).block(id).value;
      return block && heldBlock(block).borrowed.length > 0 ? around(networkAt(id, state), state) : [];
    }
    case 'affinity':
      return around(networkAt(id, state), state);
    case 'pool':
      return around(networkOfPool(nameOf({ id }), state), state);
    case 'profile':
      return around(state.get('networks', nameOf({ id })), state);
    case 'tier':
    case 'globalNetworkPolicy':
    case 'networkPolicy':
    case 'globalNetworkSet':
    case 'networkSet':
      return state.list('hosts').map(nameOf);
    default:
      return [];
  }
}

/** With policies of the user's own any network may concern any host: no need to look which blocks it has. */
const around = (network: Entry<'networks'> | undefined, state: View): string[] => {
  if (!network) return [];
  return hasPolicies(state) ? state.list('hosts').map(nameOf) : hostsAround(network, state);
};

/** The network that a block is of, by the block's or an affinity's key. */
function networkAt(id: string, state: View): Entry<'networks'> | undefined {
  const block = cidrOfKey(id);
  for (const range of block ? rangesAround(block) : []) {
    const [pool] = state.by('calico', 'range', range);
    if (pool) return networkOfPool(nameOf(pool), state);
  }
  return undefined;
}

/** The pools of a network are called as it is, those that it grew by with a number behind. */
const networkOfPool = (pool: string, state: View): Entry<'networks'> | undefined =>
  state.get('networks', pool) ?? state.get('networks', pool.replace(/-\d+$/, ''));
