// Generated from crds/virtualnetwork.yaml by `npm run generate`. Do not edit.

/**
 * What the network should be.
 */
export interface VirtualNetworkWritten {
  /**
   * Address range. Without one it is allocated, and given back when the network is deleted.
   */
  cidr?: string;
  /**
   * Address of the gateway, within the range. Without one the provider chooses.
   */
  gateway?: string;
  /**
   * Name servers of the containers on this network.
   */
  dnsServers?: string[];
  /**
   * Close the network to others. `false` leaves it open.
   */
  addIptablesRules?: boolean;
  /**
   * More address ranges, used when the first is full.
   */
  pools?: string[];
}

/**
 * What the network should be. (as accepted)
 */
export interface VirtualNetworkSpec {
  /**
   * Address range. Without one it is allocated, and given back when the network is deleted.
   */
  cidr?: string;
  /**
   * Address of the gateway, within the range. Without one the provider chooses.
   */
  gateway?: string;
  /**
   * Name servers of the containers on this network.
   */
  dnsServers: string[];
  /**
   * Close the network to others. `false` leaves it open.
   */
  addIptablesRules: boolean;
  /**
   * More address ranges, used when the first is full.
   */
  pools: string[];
}
