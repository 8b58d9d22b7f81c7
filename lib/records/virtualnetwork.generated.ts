// Generated from crds/virtualnetwork.yaml by `npm run generate`. Do not edit.

/**
 * What the network should be. (As accepted: defaults filled in; bytes, cores and seconds as numbers.)
 */
export interface VirtualNetworkSpec {
  /**
   * Address range. Without one it is allocated, and given back when the network is deleted. Another one is accepted while nothing is attached.
   */
  cidr?: string;
  /**
   * Address of the gateway, within the range: no container is given it, and hosts answer for it. Without one it is 169.254.1.1, which is no address of the range.
   */
  gateway?: string;
  /**
   * Name servers of the containers on this network, of those that are created from now on.
   */
  dnsServers: string[];
  /**
   * Close the network to others. `false` leaves it open.
   */
  addIptablesRules: boolean;
  /**
   * More address ranges, used when the first is full. One of the other family gives each container an address of both. More can be added at any time.
   */
  pools: string[];
  /**
   * Prefix length of the blocks that hosts take from it, 20 to 32, or 116 to 128 for IPv6. Without one it is chosen by the size.
   */
  blockSize?: number;
  /**
   * What leaves all networks carries the host's address.
   */
  natOutgoing: boolean;
  /**
   * Other networks whose members may reach the members of this one. An application's own is called `<namespace>.<app>.<network>`.
   */
  allowFrom: string[];
  /**
   * Bytes that a packet may have. Without one it is the host's.
   */
  mtu?: number;
}
