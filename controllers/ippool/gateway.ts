import {
  type Address,
  canonicalAddress,
  contains,
  ordinalOf,
  rangeAround,
  tryParseAddress,
  tryParseCidr,
} from '../../lib/addresses/index.ts';
import { CalicoReader, keyOf } from '../../lib/calico/index.ts';
import { GATEWAY } from '../../lib/network/linux/index.ts';
import type { Observation, VirtualNetworkSpec } from '../../lib/records/index.ts';
import type { Entry, Guard, View } from '../../lib/store/index.ts';
import { few } from './accept.ts';
import { AddressSpace } from './address-space.ts';
import { attachedTo } from './attached.ts';
import type { Ippool } from './context.ts';
import { notAllocated } from './outcome.ts';
import type { Wanted } from './wanted.ts';

interface GatewayChange {
  /** The spec with the gateway that the network has from now on. */
  spec: VirtualNetworkSpec;
  /** That nobody has taken the new one since. */
  guards: Guard[];
  refused: Observation[];
}

/**
 * The gateway of a network, where its spec names another one than it has: that is taken over once nothing is attached,
 * which would lose its next hop, and nobody holds the address. Of a new network it is reserved along with the pool.
 */
export function gatewayFor(
  network: Entry<'networks'>,
  { spec, about }: Wanted,
  { state, event }: Ippool,
): GatewayChange {
  const { gateway: before } = network.value;
  const { gateway, ...others } = spec;
  if ((gateway ?? GATEWAY) === canonicalAddress(before)) return { spec, guards: [], refused: [] };
  const stays = (reason: string, message: string): GatewayChange => {
    event(about, 'Warning', reason, message);
    const kept = before === GATEWAY ? others : { ...others, gateway: before };
    return { spec: kept, guards: [], refused: [notAllocated(reason, message)] };
  };
  const attached = attachedTo(network.id, state);
  if (attached.length > 0)
    return stays('InUse', `the gateway ${before} stays until nothing is attached any more: ${few(attached)}`);
  const address = gateway === undefined ? undefined : tryParseAddress(gateway);
  if (!address) return { spec, guards: [], refused: [] };
  const holder = holderOf(address, state);
  if (holder !== undefined)
    return stays('GatewayInUse', `${gateway} is held by ${holder}: it becomes the gateway when that is released`);
  return { spec, guards: blocksAround(address, network, state), refused: [] };
}

const single = (address: Address) => rangeAround(address, address.family === 4 ? 32 : 128);

/** The handle by which somebody holds an address. */
function holderOf(address: Address, state: View): string | undefined {
  for (const { kind, name, range } of AddressSpace.of(state).ranges.around(single(address))) {
    const block = kind === 'block' ? new CalicoReader(state).block(name).value : undefined;
    const ordinal = block && ordinalOf(range, address);
    const index = ordinal === undefined ? undefined : block?.allocations[Number(ordinal)];
    if (index !== undefined && index !== null)
      return block?.attributes?.[index]?.handle_id ?? 'somebody without a handle';
  }
  return undefined;
}

/** That the block in which an address lies, or is to lie, is as it was. */
function blocksAround(address: Address, { value }: Entry<'networks'>, state: View): Guard[] {
  const reader = new CalicoReader(state);
  return value.pools.flatMap((name): Guard[] => {
    const spec = reader.pool(name).value?.spec;
    const range = spec && tryParseCidr(spec.cidr);
    if (!range || !contains(range, single(address))) return [];
    const id = keyOf.block(rangeAround(address, spec.blockSize ?? value.blockSize));
    return [{ unchanged: 'calico', id, at: reader.revisionOf(id) }];
  });
}
