import { CalicoReader, cidrOfKey, paths } from '../../lib/calico/index.ts';
import {
  allocate,
  type Cidr,
  formatCidr,
  type NetworkSize,
  overlaps,
  rangeAround,
  sizeNetwork,
  tryParseAddress,
  tryParseCidr,
} from '../../lib/network/index.ts';
import type { NetworkClaim } from '../../lib/records/index.ts';
import type { View } from '../../lib/store/index.ts';
import type { IppoolTools } from './tools.ts';

/** Subnets of hosts are not known, only their addresses: this much around each is left alone. */
const HOST_SUBNET = { 4: 24, 6: 64 } as const;

/** How large the network of a claim has to be, for the hosts that its cloud may have. */
export function sizeFor(claim: NetworkClaim, state: View): NetworkSize {
  const cloud = state.get('accepted/dockerclouds', claim.cloud)?.value.spec;
  const hosts = Math.max(cloud?.hosts.max ?? 0, state.list('hosts', claim.cloud).length);
  return sizeNetwork({ containers: claim.containers, hosts });
}

/**
 * A range for a new network: inside the supernet, beside every pool and block in Calico (ours and others', disabled
 * ones too), every network of ours, the subnets of hosts, and what was given out a moment ago.
 */
export function freeRange(prefix: number, state: View, { supernet, fresh }: IppoolTools): Cidr | undefined {
  return allocate(supernet, prefix, [...taken(supernet, state), ...fresh.list(state.revision)]);
}

function* taken(supernet: Cidr, state: View): Iterable<Cidr> {
  for (const pool of new CalicoReader(state).pools()) yield* inside(supernet, tryParseCidr(pool.spec.cidr));
  for (const { id } of state.list('calico', paths.blocks(supernet.family))) yield* inside(supernet, cidrOfKey(id));
  for (const { value } of state.list('networks')) yield* inside(supernet, tryParseCidr(value.cidr));
  const subnets = new Set<string>();
  for (const { value } of state.list('hosts')) {
    const address = tryParseAddress(value.address);
    if (address) subnets.add(formatCidr(rangeAround(address, HOST_SUBNET[address.family])));
  }
  for (const subnet of subnets) yield* inside(supernet, tryParseCidr(subnet));
}

function* inside(supernet: Cidr, range: Cidr | undefined): Iterable<Cidr> {
  if (range && overlaps(supernet, range)) yield range;
}
