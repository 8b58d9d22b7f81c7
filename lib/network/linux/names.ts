/**
 * What berth's things on a host are called. Everything carries the installation, so that two of them on one machine
 * never take each other's for their own.
 */

/** Link-local next hop of every container, as Calico's. */
export const GATEWAY = '169.254.1.1';

/** Of the host's end of every veth, as Calico sets it: containers can know it without asking. */
export const GATEWAY_MAC = 'ee:ee:ee:ee:ee:ee';

/** What the kernel derives from that address on every link: next hop of every container with IPv6. */
export const GATEWAY6 = 'fe80::ecee:eeff:feee:eeee';

/** Where `ip netns` keeps names; the runtime shim reads it. */
export const NETNS_DIRECTORY = '/run/netns';

/** Interface alias of the host's ends. */
export const aliasOf = (installation: string): string => `berth:${installation}`;

/** The nftables table. */
export const tableOf = (installation: string): string => `berth-${installation.slice(0, 8)}`;

/** Holds what is lost with a reboot, as interfaces are: notes of namespaces, routes and rules that we made. */
export const RUN_DIRECTORY = '/run/berth';
export const runDirectory = (installation: string): string => `${RUN_DIRECTORY}/${installation}`;

/** The namespace of a container, of its Docker id: design §1.3. */
export const namespaceOf = (containerId: string): string => `berth-${containerId.slice(0, 12)}`;
