import { type Cidr, countOfSubnets, formatCidr, parseCidr, tryParseCidr } from '../../lib/addresses/index.ts';
import { CalicoReader, type IPPoolSpec, ipPool, keyOf, type Pool } from '../../lib/calico/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec } from '../../lib/records/index.ts';
import type { View } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import { freeRange } from './allocation.ts';
import { tunnelPools, tunnelSize } from './calico-settings.ts';
import type { Ippool } from './context.ts';
import { creation, settledPools } from './creation.ts';
import { DISABLED_FOR, releaseBlocks } from './releases.ts';
import { bytes, isOurs, type Origin, poolOf } from './resources.ts';
import { poolSpec } from './specs.ts';

/** Milliseconds until a supernet that has no room for tunnels is looked at again without an event. */
const NO_ROOM = 30_000;

type Network = DockerCloudSpec['network'];

interface TunnelPool {
  name: string;
  spec: IPPoolSpec;
  range: Cidr;
  blockSize: number;
}

/** The pools of a cloud's tunnels. */
export function poolsOfTunnels(cloud: string, state: View, installation: string): TunnelPool[] {
  const reader = new CalicoReader(state);
  return tunnelPools(cloud).flatMap((name): TunnelPool[] => {
    const { value } = reader.pool(name);
    const range = value && isOurs(value, installation) ? tryParseCidr(value.spec.cidr) : undefined;
    return value && range ? [{ name, spec: value.spec, range, blockSize: value.spec.blockSize ?? 26 }] : [];
  });
}

/** Those of them that give out addresses. */
export const openPools = (cloud: string, state: View, installation: string): Pool[] =>
  poolsOfTunnels(cloud, state, installation)
    .filter(({ spec }) => !spec.disabled)
    .map(({ range, blockSize }) => ({ cidr: range, blockSize }));

/** Keeps the pools of a cloud's tunnels as its spec says, and makes another where the cloud may have more hosts than they have blocks. */
export async function keepTunnelPools(
  cloud: string,
  network: Network,
  context: Ippool,
  origin: Origin,
): Promise<Result> {
  const { state, store, installation } = context;
  const reader = new CalicoReader(state);
  const pools = poolsOfTunnels(cloud, state, installation);
  for (const { name } of pools) {
    const { value: found, revision } = reader.pool(name);
    if (!found) continue;
    const { disabled: _, ...spec } = found.spec;
    const value = bytes(ipPool, { ...found, spec: { ...spec, ...modesOf(network) } });
    if (!value.equals(bytes(ipPool, found)))
      await store.commit({ writes: [{ put: 'calico', id: keyOf.pool(name), value, expect: revision }] });
  }
  const hosts = state.get('accepted/dockerclouds', cloud)?.value.spec.hosts.max ?? 0;
  const room = pools.reduce((sum, { range, blockSize }) => sum + countOfSubnets(range, blockSize), 0);
  const name = tunnelPools(cloud).find((each) => reader.revisionOf(keyOf.pool(each)) === 0);
  if (name === undefined || (pools.length > 0 && room >= hosts)) return undefined;
  return addPool(name, { cloud, network, hosts }, context, origin);
}

async function addPool(
  name: string,
  { cloud, network, hosts }: { cloud: string; network: Network; hosts: number },
  { state, store, tools, clock, event }: Ippool,
  origin: Origin,
): Promise<Result> {
  const { prefix, blockSize } = tunnelSize(hosts);
  const range = freeRange(prefix, name, state, tools);
  if (!range) {
    const message = `${formatCidr(tools.supernet)} has no room for a /${prefix} for the tunnels of ${cloud}`;
    event(`dockerclouds/${cloud}`, 'Warning', 'SupernetFull', message);
    return { after: NO_ROOM };
  }
  const pool = poolOf({ name, network: name, spec: specOf(range, blockSize, network) }, origin);
  const guards = settledPools(state, tools);
  const commit = () => store.commit({ writes: [creation(pool)], guards });
  await tools.fresh.during({ network: name, range, pool: pool.id, alone: true }, { commit, clock });
  return undefined;
}

/** No container ever has an address of it. */
const specOf = (range: Cidr, blockSize: number, { encapsulation }: Network): IPPoolSpec => ({
  ...poolSpec({ range, blockSize, natOutgoing: false, encapsulation }),
  allowedUses: ['Tunnel'],
});

/** How packets to it travel: as those to the networks of the cloud. */
function modesOf(network: Network): Pick<IPPoolSpec, 'ipipMode' | 'vxlanMode'> {
  const { ipipMode = 'Never', vxlanMode = 'Never' } = specOf(parseCidr('0.0.0.0/26'), 30, network);
  return { ipipMode, vxlanMode };
}

/** In Calico's safe order: disabled, noticed by others, emptied, gone. Hosts free their addresses of them themselves. */
export async function removeTunnelPools(cloud: string, context: Ippool): Promise<Result> {
  let again = false;
  for (const pool of poolsOfTunnels(cloud, context.state, context.installation))
    if (await removePool(pool, context)) again = true;
  return again ? { after: DISABLED_FOR } : undefined;
}

/** @returns whether there is another step to take */
async function removePool({ name, range }: TunnelPool, context: Ippool): Promise<boolean> {
  const { state, store } = context;
  const { value: found, revision } = new CalicoReader(state).pool(name);
  const id = keyOf.pool(name);
  if (!found) return false;
  if (!found.spec.disabled) {
    const value = bytes(ipPool, { ...found, spec: { ...found.spec, disabled: true } });
    await store.commit({ writes: [{ put: 'calico', id, value, expect: revision }] });
    return true;
  }
  if (AddressSpace.of(state).usedIn(name) > 0) return true;
  await releaseBlocks([range], context);
  await store.commit({ writes: [{ delete: 'calico', id, expect: revision }] });
  return false;
}
