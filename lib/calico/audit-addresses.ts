/** Which addresses a record holds or puts to use, as `10.64.0.5/32`. */

import { addressAt, tryParseAddress, tryParseCidr } from '../addresses/index.ts';
import type { Block } from './ipam-records.ts';
import { singleAddress } from './keys.ts';
import type { NodeSpec, Resource, WorkloadEndpointSpec } from './resources.ts';

/** What a block has handed out. */
export function allocatedIn({ cidr, allocations }: Block): string[] {
  const range = tryParseCidr(cidr);
  if (!range) return [];
  return allocations.flatMap((index, ordinal) => (index === null ? [] : [singleAddress(addressAt(range, ordinal))]));
}

/** What an endpoint has. */
export const addressesOf = (endpoint: Resource<WorkloadEndpointSpec> | undefined): string[] | undefined =>
  endpoint && (endpoint.spec.ipNetworks ?? []).filter((range) => tryParseCidr(range) !== undefined);

/** What a node has for its tunnels. */
export function tunnelsOf(found: Resource<NodeSpec> | undefined): string[] | undefined {
  if (!found) return undefined;
  const { bgp, wireguard, ipv4VXLANTunnelAddr, ipv6VXLANTunnelAddr } = found.spec;
  const addresses = [
    bgp?.ipv4IPIPTunnelAddr,
    ipv4VXLANTunnelAddr,
    ipv6VXLANTunnelAddr,
    wireguard?.interfaceIPv4Address,
    wireguard?.interfaceIPv6Address,
  ];
  return addresses.flatMap((text) => {
    const address = text === undefined ? undefined : tryParseAddress(text);
    return address ? [singleAddress(address)] : [];
  });
}
