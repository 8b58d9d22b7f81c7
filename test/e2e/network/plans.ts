import { createDockerEngine } from '../../../lib/docker/index.ts';
import type { HostFence } from '../../../lib/fence/index.ts';
import type { Attachment, HostNetworkPlan, NamedPolicy, ProviderHost } from '../../../lib/network/index.ts';
import { systemClock } from '../../../lib/platform/index.ts';
import { cloudSpec } from '../../harness/records.ts';
import type { FakeHost } from './hosts.ts';

/** What the steps of a provider are given, but for an engine. */
export const providerHost = (on: FakeHost, network: Partial<ProviderHost['spec']['network']>): ProviderHost => ({
  ...{ host: 'h-1', installation: planOf([]).installation, address: on.address },
  spec: { network: { ...cloudSpec({ location: [] }).network, ...network } },
  engine: createDockerEngine({ socketPath: '/nowhere' }, { clock: systemClock }),
  ...{ clock: systemClock, signal: new AbortController().signal, shell: on, fenced: on },
  readLocal: () => Promise.reject(new Error('no files')),
});

export const fence = (revision: number, restoredFrom?: number): HostFence => ({
  controller: 'container/0',
  revision,
  ...(restoredFrom === undefined ? {} : { restoredFrom }),
});

/** Lets out everything and in what comes from some ranges: what a profile of a network comes to. */
export function closedTo(name: string, ranges: string[]): NamedPolicy {
  const any = { ranges: 'any', notRanges: [], ports: 'any', notPorts: [] } as const;
  const rule = { action: 'Allow', source: any, destination: any } as const;
  return {
    name,
    ingress: [{ name: `profile ${name}`, rules: [{ ...rule, source: { ...any, ranges } }], otherwise: 'Pass' }],
    egress: [{ name: `profile ${name}`, rules: [rule], otherwise: 'Pass' }],
  };
}

export const attachment = (n: number, address: string, ports: Attachment['ports'] = []): Attachment => ({
  uid: `uid${n}`,
  namespace: `berth-00000000000${n}`,
  interfaces: [
    {
      name: 'eth0',
      hostInterface: `cali0000000000${n}`,
      address,
      mac: `ee:00:00:00:00:0${n}`,
      subnets: ['10.64.0.0/24'],
      policy: address.startsWith('10.64.1.') ? 'other' : 'shop',
    },
  ],
  ports,
});

export const planOf = (attachments: Attachment[], more: Partial<HostNetworkPlan> = {}): HostNetworkPlan => ({
  installation: 'aaaaaaaabbbbbbbbcccc',
  attachments,
  routes: [],
  ownBlocks: [],
  pools: ['10.64.0.0/24', '10.64.1.0/24'],
  masquerade: ['10.64.0.0/24', '10.64.1.0/24'],
  policies: [closedTo('shop', ['10.64.0.0/24']), closedTo('other', ['10.64.1.0/24'])],
  ...more,
});
