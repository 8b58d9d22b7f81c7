import type { Fence } from '../reconcile/controller.ts';

/** One container's side of the network, as it should be on its host. */
export interface Attachment {
  /** uid of the assignment. */
  uid: string;
  /** Network namespace: `berth-<first 12 of the Docker id>`. */
  namespace: string;
  interfaces: { name: string; hostInterface: string; address: string; mac: string; mtu?: number }[];
  /** Published ports, to the first interface's address. */
  ports: { host: number; port: number; protocol: 'tcp' | 'udp' }[];
  /** Pause-container hosts: pid whose namespace is bound to the name instead of making a new one. */
  pid?: number;
}

/** Everything that one host's network should be. Applying it twice changes nothing; what is not in it and is ours is removed. */
export interface HostNetworkPlan {
  attachments: Attachment[];
  /** Blocks and single addresses that live on other hosts: route `to` via that host's address. */
  routes: { to: string; via: string }[];
  /** Blocks of this host, for the rules. */
  ownBlocks: string[];
  /** Every pool of berth's, for NAT out. */
  pools: string[];
}

/** What is there now, of ours. */
export interface HostNetworkState {
  /** Namespaces `berth-…` that are nsfs mounts (after a reboot an empty file is left: that does not count), with their interfaces' addresses. */
  namespaces: { name: string; addresses: string[] }[];
  /** Interfaces `cali…` on the host. */
  hostInterfaces: string[];
}

/** A host's network, changed in one batch over one connection, under a fence. */
export interface HostNetwork {
  read(signal: AbortSignal): Promise<HostNetworkState>;
  /**
   * Makes the plan so, in one batch. The host keeps the highest fence per controller on disk and refuses less.
   * An empty plan of a new leader still raises the fence.
   * @throws BERTH_FENCED when a newer leader has been there; BERTH_COMMAND with the output when a command failed
   */
  apply(plan: HostNetworkPlan, fence: Fence, signal: AbortSignal): Promise<void>;
}
