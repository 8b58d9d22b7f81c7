/**
 * The rules that Calico's clients hold to and etcd does not enforce (calico.md §2): whoever makes a record asks these
 * before. Each answers what is wrong, naming the field, and nothing where all is well.
 */

import { BLOCK_SIZES, type Cidr, formatCidr, isBlockSize, isLinkLocal, tryParseCidr } from '../addresses/index.ts';
import { isCode, messageOf } from '../errors/index.ts';
import type { Resource } from './resource.ts';
import type { IPPoolSpec } from './resources.ts';
import type { Selector } from './selector.ts';
import { parseSelector } from './selector-parser.ts';

export interface Problem {
  /** `spec.cidr` */
  field: string;
  /** What is wrong with it, as the end of a sentence that begins with the field. */
  message: string;
}

const MODES = ['Never', 'Always', 'CrossSubnet'];
const USES = ['Workload', 'Tunnel', 'LoadBalancer'];

/** Prefix length of a pool's blocks where it names none. */
const defaultBlockSize = (family: 4 | 6): number => (family === 4 ? 26 : 122);

/** Whether a pool may be written as it is; what others there are beside it, its writer knows. */
export function checkPool({ spec }: Pick<Resource<IPPoolSpec>, 'spec'>): Problem[] {
  const problems = [...modes(spec), ...uses(spec), ...selectors(spec)];
  const cidr = tryParseCidr(spec.cidr);
  if (!cidr) {
    problems.unshift({ field: 'spec.cidr', message: `is not a masked range such as 10.64.0.0/24: ${spec.cidr}` });
    return problems;
  }
  if (formatCidr(cidr) !== spec.cidr) problems.push({ field: 'spec.cidr', message: `is written ${formatCidr(cidr)}` });
  if (isLinkLocal(cidr)) problems.push({ field: 'spec.cidr', message: 'is link-local' });
  if (cidr.family === 6 && isOn(spec.ipipMode)) {
    problems.push({ field: 'spec.ipipMode', message: 'is for IPv4 pools alone' });
  }
  return [...problems, ...blockSize(spec, cidr)];
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
  const effective = size || defaultBlockSize(cidr.family);
  if (!isBlockSize(cidr.family, effective)) {
    yield {
      field: 'spec.blockSize',
      message: `is ${BLOCK_SIZES[cidr.family].join(' to ')} for IPv${cidr.family}, not ${effective}`,
    };
  } else if (cidr.prefix > effective && !disabled) {
    yield { field: 'spec.blockSize', message: `makes blocks of /${effective}, larger than the pool’s /${cidr.prefix}` };
  }
}

/** Names of Calico's resources: DNS-1123 subdomains. */
const isResourceName = (name: string): boolean =>
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
