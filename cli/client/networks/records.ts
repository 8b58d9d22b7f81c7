/** Networks and endpoints against what stands in Calico for them. */

import { handleOf } from '../../../controllers/ippool/names.ts';
import { workloadEndpointId } from '../../../controllers/ippool/workloads.ts';
import {
  type Cidr,
  formatAddress,
  formatCidr,
  ordinalOf,
  overlaps,
  tryParseAddress,
  tryParseCidr,
} from '../../../lib/addresses/index.ts';
import { CalicoReader } from '../../../lib/calico/index.ts';
import { addressesOf } from '../../../lib/network/index.ts';
import type { NetworkRecord } from '../../../lib/records/index.ts';
import { hostOf } from '../../../lib/store/index.ts';
import type { State } from '../reading.ts';
import { allBlocks, rangesOf } from './blocks.ts';
import { type Finding, ours, SET_RIGHT } from './finding.ts';
import { missing, orphans } from './orphans.ts';

const MADE_ANEW = 'delete the container; it is made anew';

/** Who holds an address in Calico's blocks, by its text. */
type Holders = ReadonlyMap<string, string>;

/** What our own records say and Calico's do not, or the other way round. */
export function recordFindings(state: State, installation: string): Finding[] {
  const holders: Holders = new Map(
    allBlocks(state).flatMap((block) =>
      block.holders.map(({ address, handle }) => [formatAddress(address), handle] as const),
    ),
  );
  return [
    ...overlapping(state),
    ...pools(state),
    ...gateways(state, holders),
    ...endpoints(state, holders),
    ...missing(state),
    ...orphans(state, installation),
  ];
}

/** Sorted by their first address, ranges that overlap are neighbours of one that began before them. */
function* overlapping(state: State): Iterable<Finding> {
  const ranges = state
    .list('networks')
    .flatMap(({ id, value }) =>
      rangesOf(value).flatMap((text) => {
        const range = tryParseCidr(text);
        return range ? [{ id, range }] : [];
      }),
    )
    .sort(({ range: a }, { range: b }) => a.family - b.family || (a.base < b.base ? -1 : 1) || a.prefix - b.prefix);
  let widest: { id: string; range: Cidr } | undefined;
  for (const each of ranges) {
    if (!widest || !overlaps(widest.range, each.range)) {
      widest = each;
      continue;
    }
    const found = `${formatCidr(each.range)} overlaps with ${formatCidr(widest.range)} of ${widest.id}`;
    yield ours(`networks/${each.id}`, found, 'a range of its own', 'take away one of the two networks');
  }
}

function* pools(state: State): Iterable<Finding> {
  const reader = new CalicoReader(state);
  for (const { id, value } of state.list('networks')) {
    for (const [i, name] of value.pools.entries()) {
      const spec = reader.pool(name).value?.spec;
      const range = rangesOf(value)[i];
      const report = (found: string) => ours(`networks/${id}`, found, poolIn(value, range), SET_RIGHT);
      if (!spec) yield report(`Calico has no pool ${name}`);
      else if (range !== undefined && spec.cidr !== range) yield report(`pool ${name} has ${spec.cidr}`);
      else if (spec.disabled && value.deleting === undefined) yield report(`pool ${name} is disabled`);
    }
  }
}

const poolIn = ({ deleting }: NetworkRecord, range: string | undefined): string =>
  `a pool with ${range ?? 'its range'}${deleting === undefined ? ' that gives out addresses' : ''}`;

/** An explicit gateway is an address of the range that the hosts answer for. */
function* gateways(state: State, holders: Holders): Iterable<Finding> {
  for (const { id, value } of state.list('networks')) {
    const address = tryParseAddress(value.gateway);
    const isExplicit = rangesOf(value).some((text) => {
      const range = tryParseCidr(text);
      return range && address && ordinalOf(range, address) !== undefined;
    });
    const holder = address && isExplicit ? holders.get(formatAddress(address)) : undefined;
    if (holder === undefined) continue;
    yield ours(`networks/${id}`, `its gateway ${value.gateway} is given to ${holder}`, 'nobody', MADE_ANEW);
  }
}

function* endpoints(state: State, holders: Holders): Iterable<Finding> {
  const seen = new Map<string, string>();
  for (const entry of state.list('endpoints')) {
    const { uid, interfaces } = entry.value;
    const where = `endpoints/${entry.id}`;
    for (const link of interfaces) {
      for (const text of addressesOf(link)) {
        const other = seen.get(text);
        if (other !== undefined)
          yield ours(where, `${text} is also that of ${other}`, 'an address of its own', MADE_ANEW);
        seen.set(text, entry.id);
        const handle = handleOf(link.network, uid);
        const holder = holders.get(canonical(text));
        if (holder !== handle)
          yield ours(where, `in Calico ${text} belongs to ${holder ?? 'nobody'}`, `handle ${handle}`, MADE_ANEW);
        const network = state.get('networks', link.network)?.value;
        // What has no record is said once for all of its members.
        if (network && !isIn(network, text))
          yield ours(where, `${text} is none of ${link.network}`, rangesOf(network).join(', '), MADE_ANEW);
      }
      const id = workloadEndpointId(hostOf(entry), uid, link.name);
      if (!state.get('calico', id))
        yield ours(where, `Calico has no workload endpoint for ${link.name}`, `calico/${id}`, SET_RIGHT);
    }
  }
}

const canonical = (text: string): string => {
  const address = tryParseAddress(text);
  return address ? formatAddress(address) : text;
};

const isIn = (network: NetworkRecord, text: string): boolean => {
  const address = tryParseAddress(text);
  return rangesOf(network).some((each) => {
    const range = tryParseCidr(each);
    return range !== undefined && address !== undefined && ordinalOf(range, address) !== undefined;
  });
};
