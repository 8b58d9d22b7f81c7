/** Networks, and who is in them. */

import { addressesOf } from '../../../lib/network/index.ts';
import { type Definition, namespacedSingles, type Single, singles } from './derived.ts';
import { poolReads, poolTime } from './pools.ts';

export interface NetworkView extends Single<'networks'> {
  /** When its first pool was made; absent where that cannot be read. */
  createdAt?: string;
}

export const networks: Definition<NetworkView> = {
  plural: 'networks',
  singular: 'network',
  kind: 'Network',
  shortNames: ['net', 'nets'],
  namespaced: false,
  reads: { whole: ['networks'], parts: poolReads },
  subjects: (state) =>
    singles('networks')(state).map((network) => {
      const createdAt = poolTime(network.value.pools[0] ?? network.name, state);
      return { ...network, ...(createdAt !== undefined && { createdAt }) };
    }),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'CIDR', show: ({ value }) => value.cidr },
    { name: 'USED', show: ({ value }) => value.used },
    { name: 'CAPACITY', show: ({ value }) => value.capacity },
    { name: 'PROVIDER', show: ({ value }) => value.provider },
    { name: 'CLOUD', show: ({ value }) => value.cloud },
    { name: 'AGE', show: ({ createdAt }, ago) => ago(createdAt) },
    { name: 'RANGES', wide: true, show: ({ value }) => (value.ranges ?? [value.cidr]).join(',') },
    { name: 'GATEWAY', wide: true, show: ({ value }) => value.gateway },
    { name: 'DNS', wide: true, show: ({ value }) => value.dns.join(',') },
    {
      name: 'ALLOW-FROM',
      wide: true,
      show: ({ value }) => (value.closed === false ? '*' : value.allowFrom?.join(',')),
    },
    { name: 'BLOCKSIZE', wide: true, show: ({ value }) => value.blockSize },
  ],
  fields: ({ value }) => value,
  metadata: ({ createdAt }) => ({ ...(createdAt !== undefined && { creationTimestamp: createdAt }) }),
};

export const endpoints: Definition<Single<'endpoints'>> = {
  plural: 'endpoints',
  singular: 'endpoint',
  kind: 'Endpoint',
  shortNames: ['ep'],
  namespaced: true,
  reads: { whole: ['endpoints'] },
  subjects: namespacedSingles('endpoints', 1),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'HOST', show: ({ segments }) => segments[0] },
    { name: 'ADDRESSES', show: ({ value }) => value.interfaces.flatMap(addressesOf).join(',') },
    { name: 'NETWORKS', show: ({ value }) => value.interfaces.map(({ network }) => network).join(',') },
    { name: 'UID', wide: true, show: ({ value }) => value.uid },
    {
      name: 'INTERFACES',
      wide: true,
      show: ({ value }) => value.interfaces.map(({ hostInterface }) => hostInterface).join(','),
    },
    { name: 'MAC', wide: true, show: ({ value }) => value.interfaces.map(({ mac }) => mac).join(',') },
    { name: 'MESSAGE', wide: true, show: ({ value }) => value.message },
  ],
  metadata: ({ segments }) => ({ host: segments[0] }),
  fields: ({ value }) => value,
};
