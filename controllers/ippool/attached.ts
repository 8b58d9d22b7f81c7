import { CalicoReader, keyOf } from '../../lib/calico/index.ts';
import { containerOf, type View } from '../../lib/store/index.ts';
import { AddressSpace } from './address-space.ts';
import { Membership } from './membership.ts';

/** Names of the containers that have an address on a network or are to get one, in order. */
export function attachedTo(network: string, state: View): string[] {
  const members = Membership.of(state);
  const endpoints = members.endpointsOn(network).map((id) => containerOf({ id }));
  return [...new Set([...endpoints, ...members.containersOn(network)])].sort();
}

/** Handles of the addresses that somebody holds in some ranges, whoever it is; a few of many. */
export function handlesIn(ranges: readonly Parameters<AddressSpace['blocksIn']>[0][], state: View): string[] {
  const reader = new CalicoReader(state);
  const handles = new Set<string>();
  for (const range of ranges) {
    for (const { range: block } of AddressSpace.of(state).blocksIn(range)) {
      const { value } = reader.block(keyOf.block(block));
      for (const index of value?.allocations ?? []) {
        if (index !== null) handles.add(value?.attributes?.[index]?.handle_id ?? 'an address without a handle');
      }
      if (handles.size > 5) return [...handles].sort();
    }
  }
  return [...handles].sort();
}
