import { BerthError } from '../errors/index.ts';
import type { HostFence } from '../fence/index.ts';

/** One container's side of the network, as it should be on its host. */
export interface Attachment {
  /** uid of the assignment. */
  uid: string;
  /** Network namespace: `berth-<first 12 of the Docker id>`. */
  namespace: string;
  interfaces: {
    name: string;
    hostInterface: string;
    address: string;
    mac: string;
    mtu?: number;
    /** What is reached through this interface; the first one is the way to everything else. */
    subnets?: string[];
  }[];
  /** Published ports, to the first interface's address. */
  ports: { host: number; port: number; protocol: 'tcp' | 'udp' }[];
  /**
   * A process that is in the namespace already (a pause container, or a container that runs while the name is gone):
   * where the name is missing, it is bound to that process's namespace instead of a new one.
   */
  pid?: number;
}

/** Everything that one host's network should be. Applying it twice changes nothing; what is not in it and is ours is removed. */
export interface HostNetworkPlan {
  /** Whose plan this is: everything made carries it, and nothing of another installation is touched. */
  installation: string;
  attachments: Attachment[];
  /** Blocks and single addresses that live on other hosts: route `to` via that host's address. */
  routes: { to: string; via: string }[];
  /** Blocks of this host, for the rules. */
  ownBlocks: string[];
  /** Pools that containers of this host have addresses from: what leaves them is masqueraded. */
  pools: string[];
  /** The networks that containers of this host are in; members of one reach each other, nobody else reaches them. */
  networks: { name: string; cidrs: string[] }[];
}

/** What is there now, of ours. */
export interface HostNetworkState {
  /** Namespaces `berth-…` that are nsfs mounts (after a reboot an empty file is left: that does not count), with their interfaces' addresses. */
  namespaces: { name: string; addresses: string[] }[];
  /** Interfaces `cali…` on the host. */
  hostInterfaces: string[];
}

/** A batch did what it could, but not everything. */
export class BatchFailed extends BerthError {
  /** What went wrong, by uid of the attachment; all others are as planned. */
  readonly failed: ReadonlyMap<string, string>;
  constructor(message: string, failed: ReadonlyMap<string, string>) {
    super('BERTH_COMMAND', message);
    this.failed = failed;
  }
}

/** A host's network, changed in one batch over one connection, under a fence. */
export interface HostNetwork {
  read(signal: AbortSignal): Promise<HostNetworkState>;
  /**
   * Makes the plan so, in one batch. The host keeps the highest fence per controller on disk and refuses less.
   * An empty plan of a new leader still raises the fence.
   * @throws Fenced (BERTH_FENCED) when a newer leader has been there; BatchFailed (BERTH_COMMAND) when single attachments
   *   could not be made; BERTH_COMMAND with the output when a command failed
   */
  apply(plan: HostNetworkPlan, fence: HostFence, signal: AbortSignal): Promise<void>;
}
