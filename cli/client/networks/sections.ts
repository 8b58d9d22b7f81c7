/** What `berth describe` tells of networks, and of the blocks of a host. */

import { contains, formatAddress, tryParseCidr } from '../../../lib/addresses/index.ts';
import {
  decodeRecord,
  globalNetworkPolicy,
  matches,
  ORCHESTRATOR,
  parseSelector,
  paths,
} from '../../../lib/calico/index.ts';
import { isCode } from '../../../lib/errors/index.ts';
import type { NetworkRecord } from '../../../lib/records/index.ts';
import { Table } from '../../output/table.ts';
import type { Read, State } from '../reading.ts';
import type { Item } from '../resources/index.ts';
import {
  allBlocks,
  blockName,
  blockReads,
  blocksIn,
  borrowedOf,
  freeIn,
  type HeldBlock,
  type Holder,
  rangesOf,
} from './blocks.ts';

export interface Section {
  title: string;
  text: string;
}

interface Sections {
  reads: readonly Read[];
  of(item: Item, state: State): Section[];
}

/** Rows of a section; the rest is counted. */
const MOST = 50;

const network: Sections = {
  reads: [
    ...blockReads,
    { kind: 'calico', under: paths.globalNetworkPolicies },
    { kind: 'networks' },
    { kind: 'endpoints' },
  ],
  of({ id }, state) {
    const record = state.get('networks', id)?.value;
    if (!record) return [];
    const blocks = blocksIn(rangesOf(record), state);
    return [
      { title: 'Addresses', text: addresses(record, blocks) },
      { title: 'Blocks', text: blockTable(blocks, record) },
      { title: 'Holders', text: holderTable(blocks, state) },
      { title: 'Open to', text: openTo(id, record, state) },
    ];
  },
};

/** By plural of the kind. */
export const networkSections: Readonly<Record<string, Sections>> = {
  networks: network,
  virtualnetworks: network,
  hosts: {
    reads: [...blockReads, { kind: 'networks' }],
    of: ({ name }, state) => [{ title: 'Blocks', text: hostBlocks(name, state) }],
  },
};

/** How full each pool is, counted in Calico's blocks. */
function addresses(record: NetworkRecord, blocks: readonly HeldBlock[]): string {
  const rows = rangesOf(record).flatMap((text, i) => {
    const range = tryParseCidr(text);
    if (!range) return [];
    const own = blocks.filter(({ cidr }) => contains(range, cidr));
    const used = own.reduce((sum, block) => sum + block.used, 0);
    return [[record.pools[i], text, `${used}`, `${freeIn(range, used, record.gateway)}`, `${own.length}`]];
  });
  return new Table(['POOL', 'RANGE', 'USED', 'FREE', 'BLOCKS']).render(rows);
}

function blockTable(blocks: readonly HeldBlock[], { gateway }: NetworkRecord): string {
  const rows = blocks.map((block) => [
    blockName(block),
    block.host,
    `${block.used}`,
    `${freeIn(block.cidr, block.used, gateway)}`,
    `${borrowedOf(block).length}`,
  ]);
  return limited(['BLOCK', 'HOST', 'USED', 'FREE', 'BORROWED'], rows);
}

function holderTable(blocks: readonly HeldBlock[], state: State): string {
  const rows = blocks.flatMap(({ holders }) =>
    holders.map((holder) => [formatAddress(holder.address), nameOf(holder, state), holder.host]),
  );
  return limited(['ADDRESS', 'HOLDER', 'HOST'], rows, 'berth get endpoints -A');
}

/** The container's name; Calico's handle where it is none of ours, or gone. */
function nameOf({ handle, type }: Holder, state: State): string {
  const [endpoint] = state.by('endpoints', 'uid', handle.slice(handle.lastIndexOf('.') + 1));
  const container = endpoint?.id.slice(endpoint.id.indexOf('/') + 1);
  return container ?? [handle, ...(type === undefined ? [] : [`(${type})`])].join(' ');
}

/** Who reaches the network's members by its profile, and the policies that have a say besides. */
function openTo(id: string, { closed, allowFrom = [] }: NetworkRecord, state: State): string {
  const friends = allowFrom.map((name) => (state.get('networks', name) ? name : `${name} (there is none)`));
  const profile = closed === false ? 'everybody' : [`${id} (its own members)`, ...friends].join(', ');
  const policies = state.list('calico', paths.globalNetworkPolicies).flatMap((entry) => policyRow(entry, id));
  const table = policies.length === 0 ? '' : limited(['POLICY', 'TIER', 'ORDER', 'TYPES', 'SELECTOR'], policies);
  return `${profile}\n${table}`;
}

/** Labels of every member: its own, and that of the network's profile. */
const labelsOf = (network: string): ReadonlyMap<string, string> =>
  new Map([
    [network, ''],
    ['projectcalico.org/namespace', 'default'],
    ['projectcalico.org/orchestrator', ORCHESTRATOR],
  ]);

/** A policy that selects every member of a network; what it cannot be read as counts for Felix neither. */
function policyRow({ id, value }: { id: string; value: Buffer }, network: string): (string | undefined)[][] {
  try {
    const { metadata, spec } = decodeRecord(globalNetworkPolicy, id, value);
    if (!matches(parseSelector(spec.selector || 'all()'), labelsOf(network))) return [];
    return [[metadata.name, spec.tier ?? 'default', spec.order?.toString(), spec.types?.join(','), spec.selector]];
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX', 'BERTH_INVALID')) return [];
    throw error;
  }
}

function hostBlocks(host: string, state: State): string {
  const ranges = state.list('networks').flatMap(({ id, value }) =>
    rangesOf(value).flatMap((text) => {
      const range = tryParseCidr(text);
      return range ? [{ id, range, gateway: value.gateway }] : [];
    }),
  );
  const rows = allBlocks(state)
    .filter((block) => block.host === host)
    .map((block) => {
      const network = ranges.find(({ range }) => contains(range, block.cidr));
      const free = freeIn(block.cidr, block.used, network?.gateway);
      return [blockName(block), network?.id, `${block.used}`, `${free}`, `${borrowedOf(block).length}`];
    });
  return limited(['BLOCK', 'NETWORK', 'USED', 'FREE', 'BORROWED'], rows);
}

/** The first rows, and how many more there are. @param all  the command that shows all of them */
function limited(header: readonly string[], rows: readonly (string | undefined)[][], all?: string): string {
  if (rows.length === 0) return '';
  const rest = rows.length - MOST;
  const table = new Table(header).render(rows.slice(0, MOST));
  return rest > 0 ? `${table}… and ${rest} more${all === undefined ? '' : `: ${all}`}\n` : table;
}
