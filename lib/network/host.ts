import type { EffectivePolicy } from '../calico/index.ts';
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
    /** The network that it is in; plugins are told. */
    network?: string;
    hostInterface: string;
    /** The IPv4 address where the network has that family, else the IPv6 one. */
    address: string;
    /** The IPv6 address beside an IPv4 one. */
    address6?: string;
    mac: string;
    /** Bytes; absent: what the host's own way to the others takes. */
    mtu?: number;
    /** Next hop, one of a family; absent: the link-local one that all networks share. */
    gateways?: string[];
    /** What is reached through this interface; the first one of a family is the way to everything else. */
    subnets?: string[];
    /** Name of one of the plan's policies; absent: nobody reaches it, and it reaches nobody. */
    policy?: string;
  }[];
  /** Published ports, to the first interface's address. */
  ports: { host: number; port: number; protocol: 'tcp' | 'udp' }[];
  /**
   * A process that is in the namespace already (a pause container, or a container that runs while the name is gone):
   * where the name is missing, it is bound to that process's namespace instead of a new one.
   */
  pid?: number;
}

/** All addresses of an interface. */
export const addressesOf = ({ address, address6 }: { address: string; address6?: string }): string[] =>
  address6 === undefined ? [address] : [address, address6];

/** Everything that one host's network should be. Applying it twice changes nothing; what is not in it and is ours is removed. */
export interface HostNetworkPlan {
  /** Whose plan this is: everything made carries it, and nothing of another installation is touched. */
  installation: string;
  attachments: Attachment[];
  /** Blocks and single addresses that live on other hosts: route `to` via that host's address. */
  routes: { to: string; via: string }[];
  /** Blocks of this host, for the rules. */
  ownBlocks: string[];
  /**
   * The ranges of all networks, as `10.64.0.0-10.64.39.255` or `10.64.0.0/24`: what containers send there keeps its
   * source, and is refused where `routes` do not lead there.
   */
  pools: string[];
  /** Those of them whose containers, when they speak to anybody else, are hidden behind the host. */
  masquerade: string[];
  /** Who may reach the interfaces that name them, and whom those may reach. */
  policies: NamedPolicy[];
  /**
   * Who routes between hosts, keeps networks apart, checks source addresses and masquerades: this batch (`own`, where
   * absent), or the Felix of a calico/node on the host, which leaves namespaces, veths, addresses and published ports.
   */
  dataplane?: 'own' | 'felix';
}

/** What Felix would enforce for an endpoint; many have the same. */
export interface NamedPolicy extends EffectivePolicy {
  name: string;
}

/** What is there now, of ours. */
export interface HostNetworkState {
  /** Namespaces `berth-…` that are nsfs mounts (after a reboot an empty file is left: that does not count), with their interfaces' addresses. One that lost its way out has none. */
  namespaces: {
    name: string;
    addresses: string[];
    /** Where others than berth choose the addresses: what each interface was given. Absent: as planned. */
    interfaces?: { name: string; addresses: string[] }[];
  }[];
  /** Interfaces `cali…` on the host. */
  hostInterfaces: string[];
  /** Installations whose links, routes, rules and switches are as the last batch left them, and it left out nothing. */
  intact: string[];
  /** What their last batches could not make, and why. Absent: nothing. */
  missing?: { installation: string; what: string }[];
  /** Ports that were to be published and are not: a program of somebody else's listens on them. */
  taken: { installation: string; port: number; protocol: 'tcp' | 'udp' }[];
}

/** Characters of all failures together: what fails for one container often fails for all. */
const TOLD = 2000;

/** A batch did what it could, but not everything. */
export class BatchFailed extends BerthError {
  /** What went wrong, by uid of the attachment; all others are as planned. */
  readonly failed: ReadonlyMap<string, string>;
  constructor(failed: ReadonlyMap<string, string>) {
    const message = [...new Set(failed.values())].join('; ');
    super('BERTH_COMMAND', message.length > TOLD ? `${message.slice(0, TOLD)}…` : message);
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
