import { CalicoReader, keyOf } from '../../lib/calico/index.ts';
import type { View } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import type { Ippool } from './context.ts';
import { recordOf } from './creation.ts';
import type { Outcome } from './outcome.ts';
import { isOurs, networkOfResource } from './resources.ts';
import type { PoolUsage } from './usage.ts';
import type { Wanted } from './wanted.ts';

/** Numbers in the names of a network's pools are below it: it has so many ranges at most. */
const NUMBERS = 32;

interface OwnPool extends PoolUsage {
  name: string;
  blockSize: number | undefined;
  revision: number;
}

/** The pools in Calico that say they were made for a network, its first one first. They are named after it. */
export function poolsMadeFor(network: string, state: View, installation: string): OwnPool[] {
  const reader = new CalicoReader(state);
  const names = [network, ...Array.from({ length: NUMBERS - 1 }, (_, i) => `${network}-${i + 2}`)];
  return names.flatMap((name) => {
    const { value: pool, revision } = reader.pool(name);
    if (!pool || !isOurs(pool, installation) || networkOfResource(pool) !== network) return [];
    const { cidr: range, blockSize } = pool.spec;
    return [{ name, range, blockSize, used: AddressSpace.of(state).usedIn(name), revision }];
  });
}

/**
 * Writes the record of a network again that somebody lost: with the ranges of its pools, whose blocks and addresses stay
 * as they are. A network that is taken back goes together with its pools, so that these always stand for one in use.
 *
 * @param pools  not empty
 */
export async function recoverNetwork(
  wanted: Wanted,
  pools: readonly OwnPool[],
  { state, store, installation, event }: Ippool,
): Promise<Outcome> {
  const { name, about, guards } = wanted;
  const blockSize = pools[0]?.blockSize ?? 26;
  const gateway = gatewayOf(name, state, installation);
  const value = { ...recordOf(wanted, pools, blockSize), ...(gateway !== undefined && { gateway }) };
  const unchanged = pools.map(
    (pool) => ({ unchanged: 'calico', id: keyOf.pool(pool.name), at: pool.revision }) as const,
  );
  await store.commit({ writes: [{ put: 'networks', id: name, value, expect: 0 }], guards: [...guards, ...unchanged] });
  event(
    about,
    'Warning',
    'Repaired',
    `the record of network ${name} was lost: made again, ${value.ranges?.join(', ')}`,
  );
  return { observed: [], result: undefined };
}

/** The gateway that was reserved for it, until its spec is looked at again. */
function gatewayOf(network: string, state: View, installation: string): string | undefined {
  const { value } = new CalicoReader(state).ipReservation(network);
  return value && isOurs(value, installation) ? value.spec.reservedCIDRs?.[0]?.split('/')[0] : undefined;
}
