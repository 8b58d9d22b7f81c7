import { integer, pick, type Random } from '../../lib/platform/index.ts';
import type { Deed } from './deeds.ts';
import { del, put } from './put.ts';

/** VirtualNetworks that users put. */
export const NETWORKS = ['blue', 'green', 'small'];
/** Networks that blueprints declare for themselves. */
const OWN = ['front', 'back'];
/** Explicit ranges: small ones that get full, and some that overlap with each other. */
const RANGES = ['10.127.0.0/28', '10.127.0.8/29', '192.168.34.0/28', '192.168.34.16/29', '192.168.34.32/28'];
/** What they grow by; one of the other family gives each container two addresses. */
const MORE = ['192.168.35.0/29', '192.168.35.8/29', '10.127.1.0/28', 'fd00:34::/120'];

const chance = (random: Random, share: number): boolean => random.next() < share;

/** Users’ networks are as different as their reasons for one. */
function spec(random: Random): object {
  const cidr = chance(random, 0.5) ? pick(random, RANGES) : undefined;
  const base = cidr?.slice(0, cidr.indexOf('/'));
  return {
    ...(cidr !== undefined && { cidr }),
    // The address after the first: in each of the ranges.
    ...(base !== undefined &&
      chance(random, 0.5) && { gateway: base.replace(/\d+$/, (last) => `${Number(last) + 1}`) }),
    ...(chance(random, 0.3) && { dnsServers: [pick(random, ['192.0.2.53', '192.0.2.54'])] }),
    ...(chance(random, 0.3) && { addIptablesRules: false }),
    ...(chance(random, 0.3) && {
      allowFrom: [pick(random, [...NETWORKS, 'default.shop.default', 'default.blog.front'])],
    }),
    ...(chance(random, 0.3) && { pools: MORE.slice(0, 1 + integer(random, MORE.length)) }),
    ...(chance(random, 0.1) && { natOutgoing: false }),
  };
}

const networkRecord = (random: Random): string =>
  JSON.stringify({ apiVersion: 'berth/v1', kind: 'VirtualNetwork', spec: spec(random) });

const MISTAKES = [
  '{',
  'kind: VirtualNetwork\nspec: {cidr: 10.0.0.1/24}',
  'kind: VirtualNetwork\nspec: {gateway: 10.0.0.1}',
  'kind: VirtualNetwork\nspec: {cdir: 10.0.0.0/24}',
  'kind: VirtualNetwork\nspec: {cidr: 192.168.34.0/28, gateway: 192.168.35.1}',
  'kind: VirtualNetwork\nspec: {cidr: 192.168.34.0/28, blockSize: 24}',
];

/** What a blueprint says of networks: those that it declares, and what each service may join. */
export function blueprintNetworks(random: Random): { declared: object[]; joins(): string[] | undefined } {
  const names = OWN.filter(() => chance(random, 0.4));
  const declared = names.map((networkId) => ({
    type: 'brooklyn.networking.VirtualNetwork',
    networkId,
    ...(chance(random, 0.2) && { cidr: pick(random, RANGES) }),
    ...(chance(random, 0.3) && { dnsServers: ['192.0.2.53'] }),
    ...(chance(random, 0.3) && { allowFrom: [pick(random, ['blue', 'default.shop.default'])] }),
    ...(chance(random, 0.2) && { addIptablesRules: false }),
  }));
  // Most services say nothing: what has no network waits, and a world that waits shows little.
  const joins = () => {
    if (chance(random, names.length > 0 ? 0.3 : 0.6)) return undefined;
    const joined = ['default', ...names, ...NETWORKS].filter(() => chance(random, 0.3)).slice(0, 3);
    return joined.length > 0 ? joined : undefined;
  };
  return { declared, joins };
}

/** What users do to networks. */
export const networkDeeds: readonly Deed[] = [
  {
    name: 'put a network',
    weight: 6,
    async do(world) {
      const network = pick(world.random, NETWORKS);
      const record = networkRecord(world.random);
      await put(world, `virtualnetworks/${network}`, record);
      return `${network} ${record}`;
    },
  },
  {
    name: 'add ranges to a network',
    weight: 1.5,
    async do(world) {
      const network = pick(world.random, NETWORKS);
      const accepted = world.ledger.get('accepted/virtualnetworks', network)?.value;
      if (!accepted) return `${network}: none`;
      const pools = [...new Set([...accepted.spec.pools, pick(world.random, MORE)])];
      const record = JSON.stringify({ kind: 'VirtualNetwork', spec: { ...accepted.spec, pools } });
      await put(world, `virtualnetworks/${network}`, record);
      return `${network} ${pools.join()}`;
    },
  },
  {
    name: 'delete a network',
    weight: 1,
    async do(world) {
      const network = pick(world.random, NETWORKS);
      await del(world, `virtualnetworks/${network}`);
      return network;
    },
  },
  {
    name: 'delete a network and put it again',
    weight: 0.7,
    async do(world) {
      const network = pick(world.random, NETWORKS);
      await del(world, `virtualnetworks/${network}`);
      const record = networkRecord(world.random);
      await put(world, `virtualnetworks/${network}`, record);
      return `${network} ${record}`;
    },
  },
  {
    name: 'put a mistake of a network',
    weight: 1,
    async do(world) {
      const network = pick(world.random, NETWORKS);
      await put(world, `virtualnetworks/${network}`, pick(world.random, MISTAKES));
      return network;
    },
  },
];
