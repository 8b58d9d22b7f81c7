import { integer, pick } from '../../lib/platform/index.ts';
import type { Deed } from './deeds.ts';
import { NETWORKS } from './networks.ts';

/** What somebody else does to Calico's records. */
export const foreignDeeds: readonly Deed[] = [
  {
    name: 'toggle somebody’s pool',
    weight: 1,
    do: ({ foreign, random }) => foreign.togglePool(integer(random, 100)),
  },
  {
    name: 'change a pool of ours',
    weight: 1,
    do: ({ foreign, random }) =>
      foreign.tamper(pick(random, ['disable', 'nat', 'nat', 'delete']), (items) => pick(random, items)),
  },
  {
    name: 'toggle somebody’s policy',
    weight: 1,
    do: ({ foreign, random }) => foreign.togglePolicy(pick(random, NETWORKS)),
  },
  {
    name: 'take an address of ours',
    weight: 2,
    do: ({ foreign, random }) => foreign.take((items) => pick(random, items)),
  },
  {
    name: 'give an address back',
    weight: 1.5,
    do: ({ foreign, random }) => foreign.give((items) => pick(random, items)),
  },
];
