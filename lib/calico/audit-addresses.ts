/** Which addresses a record holds or puts to use, as `10.64.0.5/32`. */

import { addressAt, formatCidr, tryParseAddress, tryParseCidr } from '../addresses/index.ts';
import { parseRange } from './addresses.ts';
import type { Block } from './ipam-records.ts';
import { singleAddress } from './keys.ts';
import type { NodeSpec, Resource, WorkloadEndpointSpec } from './resources.ts';

/** What a block has handed out. */
export function allocatedIn({ cidr, allocations }: Block): string[] {
  const range = tryParseCidr(cidr);
  if (!range) return [];
  return allocations.flatMap((index, ordinal) => (index === null ? [] : [singleAddress(addressAt(range, ordinal))]));
}

/** What an endpoint has, however its record writes it. */
export function addressesOf(endpoint: Resource<WorkloadEndpointSpec> | undefined): string[] | undefined {
  if (!endpoint) return undefined;
  const ranges = (endpoint.spec.ipNetworks ?? []).flatMap((text) => parseRange(text) ?? []);
  return [...new Set(ranges.map(formatCidr))];
}

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
