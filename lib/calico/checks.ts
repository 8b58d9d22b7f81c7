/**
 * The rules that Calico's clients hold to and etcd does not enforce (calico.md §2 and §3): whoever writes directly asks
 * these before. Each answers what is wrong, naming the field, and nothing where all is well.
 */

import { type Cidr, formatCidr, overlaps, parseCidr, tryParseAddress, tryParseCidr } from '../addresses/index.ts';
import { isCode, messageOf } from '../errors/index.ts';
import { parseRange } from './addresses.ts';
import type { IpamConfig } from './ipam-records.ts';
import type { Resource } from './resource.ts';
import type { IPPoolSpec, NodeSpec } from './resources.ts';
import { parseSelector, type Selector } from './selector.ts';

export interface Problem {
  /** `spec.cidr` */
  field: string;
  /** What is wrong with it, as the end of a sentence that begins with the field. */
  message: string;
}

/** What a pool is checked against. */
export interface PoolSurroundings {
  /** All pools that there are, disabled ones too; the pool itself may be among them. */
  pools: readonly Resource<IPPoolSpec>[];
  /** Ranges of all blocks that there are. */
  blocks: readonly Cidr[];
  /** The pool as it is stored; absent: it is new. */
  before?: Resource<IPPoolSpec>;
}

const BLOCK_SIZES = { 4: { smallest: 20, largest: 32 }, 6: { smallest: 116, largest: 128 } } as const;
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map(parseCidr);
const MODES = ['Never', 'Always', 'CrossSubnet'];
const USES = ['Workload', 'Tunnel', 'LoadBalancer'];

/** Prefix length of a pool's blocks where it names none. */
export const defaultBlockSize = (family: 4 | 6): number => (family === 4 ? 26 : 122);

/** Whether a pool may be written as it is. */
export function checkPool(pool: Resource<IPPoolSpec>, around: PoolSurroundings): Problem[] {
  const { spec } = pool;
  const problems = [...modes(spec), ...uses(spec), ...selectors(spec)];
  const cidr = tryParseCidr(spec.cidr);
  if (!cidr) {
    problems.unshift({ field: 'spec.cidr', message: `is not a masked range such as 10.64.0.0/24: ${spec.cidr}` });
    return problems;
  }
  if (formatCidr(cidr) !== spec.cidr) problems.push({ field: 'spec.cidr', message: `is written ${formatCidr(cidr)}` });
  if (LINK_LOCAL.some((range) => overlaps(range, cidr))) {
    problems.push({ field: 'spec.cidr', message: 'is link-local' });
  }
  if (cidr.family === 6 && isOn(spec.ipipMode)) {
    problems.push({ field: 'spec.ipipMode', message: 'is for IPv4 pools alone' });
  }
  return [
    ...problems,
    ...blockSize(spec, cidr),
    ...(around.before ? kept(spec, around.before.spec) : room(pool, cidr, around)),
  ];
}

function* modes({ ipipMode, vxlanMode, assignmentMode }: IPPoolSpec): Iterable<Problem> {
  for (const [name, mode] of Object.entries({ ipipMode, vxlanMode })) {
    if (mode !== undefined && !MODES.includes(mode)) {
      yield { field: `spec.${name}`, message: `is one of ${MODES.join(', ')}, not ${mode}` };
    }
  }
  if (isOn(ipipMode) && isOn(vxlanMode)) yield { field: 'spec.vxlanMode', message: 'is on beside ipipMode' };
  if (assignmentMode !== undefined && assignmentMode !== 'Automatic' && assignmentMode !== 'Manual') {
    yield { field: 'spec.assignmentMode', message: `is Automatic or Manual, not ${assignmentMode}` };
  }
}

const isOn = (mode: string | undefined): boolean => mode !== undefined && mode !== '' && mode !== 'Never';

function* uses({ allowedUses = [], ...spec }: IPPoolSpec): Iterable<Problem> {
  const unknown = allowedUses.find((use) => !USES.includes(use));
  if (unknown !== undefined) yield { field: 'spec.allowedUses', message: `are of ${USES.join(', ')}, not ${unknown}` };
  if (allowedUses.includes('Tunnel') && spec.namespaceSelector) {
    yield { field: 'spec.namespaceSelector', message: 'is not for a pool of tunnel addresses' };
  }
  if (!allowedUses.includes('LoadBalancer')) return;
  if (allowedUses.length > 1) yield { field: 'spec.allowedUses', message: 'have LoadBalancer beside others' };
  if (isOn(spec.ipipMode) || isOn(spec.vxlanMode)) {
    yield { field: 'spec.allowedUses', message: 'have LoadBalancer, which goes with no encapsulation' };
  }
  if (spec.disableBGPExport) yield { field: 'spec.disableBGPExport', message: 'is not for a pool of load balancers' };
}

function* selectors({ nodeSelector, namespaceSelector }: IPPoolSpec): Iterable<Problem> {
  for (const [name, text] of Object.entries({ nodeSelector, namespaceSelector })) {
    if (text === undefined) continue;
    const problem = selectorProblem(text);
    if (problem) yield { field: `spec.${name}`, message: problem };
  }
}

function selectorProblem(text: string): string | undefined {
  try {
    return hasGlobal(parseSelector(text)) ? 'has global(), which is for rules alone' : undefined;
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX')) return messageOf(error);
    throw error;
  }
}

const hasGlobal = (selector: Selector): boolean => {
  if (selector.op === 'global') return true;
  if ('operand' in selector) return hasGlobal(selector.operand);
  return 'operands' in selector && selector.operands.some(hasGlobal);
};

function* blockSize({ blockSize: size, disabled }: IPPoolSpec, cidr: Cidr): Iterable<Problem> {
  const { smallest, largest } = BLOCK_SIZES[cidr.family];
  const effective = size || defaultBlockSize(cidr.family);
  if (effective < smallest || effective > largest) {
    yield { field: 'spec.blockSize', message: `is ${smallest} to ${largest} for IPv${cidr.family}, not ${effective}` };
  } else if (cidr.prefix > effective && !disabled) {
    yield { field: 'spec.blockSize', message: `makes blocks of /${effective}, larger than the pool’s /${cidr.prefix}` };
  }
}

/** What may not change. */
function* kept(spec: IPPoolSpec, before: IPPoolSpec): Iterable<Problem> {
  if (spec.cidr !== before.cidr) yield { field: 'spec.cidr', message: `cannot change from ${before.cidr}` };
  const family = tryParseCidr(before.cidr)?.family ?? 4;
  const [now, was] = [spec, before].map(({ blockSize: size }) => size || defaultBlockSize(family));
  if (now !== was) yield { field: 'spec.blockSize', message: `cannot change from ${was}` };
}

/** What a new pool may not meet. */
function* room(pool: Resource<IPPoolSpec>, cidr: Cidr, { pools, blocks }: PoolSurroundings): Iterable<Problem> {
  for (const other of pools) {
    const range = tryParseCidr(other.spec.cidr);
    if (other.metadata.name === pool.metadata.name || !range || !overlaps(range, cidr)) continue;
    yield { field: 'spec.cidr', message: `overlaps with ${other.spec.cidr} of pool ${other.metadata.name}` };
  }
  const size = pool.spec.blockSize || defaultBlockSize(cidr.family);
  const block = blocks.find((range) => overlaps(range, cidr) && range.prefix !== size);
  if (block) yield { field: 'spec.blockSize', message: `is not that of block ${formatCidr(block)}, which is there` };
}

/** Whether an IPAM configuration means what it says. */
export function checkIpamConfig({ strict_affinity, maxBlocksPerHost }: IpamConfig): Problem[] {
  if (maxBlocksPerHost === undefined || maxBlocksPerHost === 0) return [];
  if (maxBlocksPerHost < 0) return [{ field: 'maxBlocksPerHost', message: 'is negative' }];
  return strict_affinity ? [] : [{ field: 'maxBlocksPerHost', message: 'needs strict_affinity' }];
}

/** Whether a node may be written: CrossSubnet needs its addresses with their prefix lengths. */
export function checkNode({ spec: { bgp } }: Resource<NodeSpec>): Problem[] {
  if (!bgp) return [];
  const problems: Problem[] = [];
  if (Object.keys(bgp).length === 0) problems.push({ field: 'spec.bgp', message: 'is empty' });
  for (const [name, text, family] of [
    ['ipv4Address', bgp.ipv4Address, 4],
    ['ipv6Address', bgp.ipv6Address, 6],
  ] as const) {
    if (text === undefined) continue;
    const [host = '', prefix] = text.split('/');
    if (tryParseAddress(host)?.family !== family || prefix === undefined || parseRange(text) === undefined) {
      problems.push({
        field: `spec.bgp.${name}`,
        message: `is not an IPv${family} address with a prefix length: ${text}`,
      });
    }
  }
  return problems;
}

/** Names of Calico's resources: DNS-1123 subdomains. */
export const isResourceName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name);

/** Every resource's own part: a name that Calico takes, and what its clients need to update the record. */
export function checkMetadata({ metadata }: Pick<Resource<unknown>, 'metadata'>): Problem[] {
  const problems: Problem[] = [];
  if (!isResourceName(metadata.name)) {
    problems.push({ field: 'metadata.name', message: `is not a lowercase DNS name: ${metadata.name}` });
  }
  for (const field of ['uid', 'creationTimestamp'] as const) {
    if (!metadata[field]) problems.push({ field: `metadata.${field}`, message: 'is missing: calicoctl cannot update' });
  }
  return problems;
}
