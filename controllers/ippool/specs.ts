/** What a network comes to in Calico: the specs of its pools and of its profile. Pure. */

import { isDeepStrictEqual } from 'node:util';
import { type Cidr, formatCidr } from '../../lib/addresses/index.ts';
import type { IPPoolSpec, Json, ProfileSpec } from '../../lib/calico/index.ts';
import type { DockerCloudSpec } from '../../lib/records/index.ts';

export type Encapsulation = DockerCloudSpec['network']['encapsulation'];

/** How packets to a pool travel. Calico's IPIP is for IPv4 alone; IPv6 then travels as it is. */
const MODES: Record<Encapsulation, { ipipMode: string; vxlanMode: string }> = {
  none: { ipipMode: 'Never', vxlanMode: 'Never' },
  ipip: { ipipMode: 'Always', vxlanMode: 'Never' },
  ipipCrossSubnet: { ipipMode: 'CrossSubnet', vxlanMode: 'Never' },
  vxlan: { ipipMode: 'Never', vxlanMode: 'Always' },
  vxlanCrossSubnet: { ipipMode: 'Never', vxlanMode: 'CrossSubnet' },
};

export interface PoolOptions {
  range: Cidr;
  blockSize: number;
  natOutgoing: boolean;
  encapsulation: Encapsulation;
}

export function poolSpec({ range, blockSize, natOutgoing, encapsulation }: PoolOptions): IPPoolSpec {
  const { ipipMode, vxlanMode } = MODES[encapsulation];
  return {
    cidr: formatCidr(range),
    vxlanMode,
    ipipMode: range.family === 6 ? 'Never' : ipipMode,
    natOutgoing,
    blockSize,
    nodeSelector: 'all()',
    // Tunnels have a pool of their own: in this one they would hold addresses for as long as the network is there, and longer.
    allowedUses: encapsulation === 'none' ? ['Workload', 'Tunnel'] : ['Workload'],
    assignmentMode: 'Automatic',
  };
}

/** What Calico takes an absent field for. */
const ABSENT = {
  vxlanMode: 'Never',
  ipipMode: 'Never',
  natOutgoing: false,
  disabled: false,
  disableBGPExport: false,
  nodeSelector: 'all()',
  allowedUses: ['Workload', 'Tunnel'],
  assignmentMode: 'Automatic',
} satisfies Partial<IPPoolSpec>;

/** What of a pool is not as it should be, as a person would say it: `natOutgoing is false`. */
export function poolDifferences(found: IPPoolSpec, wanted: IPPoolSpec): string[] {
  const [is, should]: Record<string, unknown>[] = [found, wanted].map((spec) => ({
    ...ABSENT,
    blockSize: spec.cidr.includes(':') ? 122 : 26,
    ...spec,
  }));
  return Object.keys({ ...ABSENT, blockSize: 0, cidr: '' })
    .filter((field) => !isDeepStrictEqual(is?.[field], should?.[field]))
    .map((field) => `${field} is ${JSON.stringify(is?.[field])}`);
}

/**
 * Lets out everything, and in what comes from the same network and from those that may reach it (calico.md §6); from
 * anywhere where the network is not closed.
 */
export function profileSpec(
  network: string,
  { closed, allowFrom }: { closed: boolean; allowFrom: readonly string[] },
): ProfileSpec {
  const sources = [network, ...allowFrom.filter((each) => each !== network)];
  return {
    ingress: closed ? sources.map((each) => allow([['selector', `has(${each})`]])) : [allow([])],
    egress: [allow([])],
    labelsToApply: new Map([[network, '']]),
  };
}

const allow = (source: [string, string][]): Json =>
  new Map<string, Json>([
    ['action', 'Allow'],
    ['source', new Map<string, Json>(source)],
    ['destination', new Map<string, Json>()],
  ]);
