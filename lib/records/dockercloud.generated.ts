// Generated from crds/dockercloud.yaml by `npm run generate`. Do not edit.

import type { LocationSpec, StrategySpec } from './clouds.ts';

/**
 * What the cloud should be. (As accepted: defaults filled in; bytes, cores and seconds as numbers.)
 */
export interface DockerCloudSpec {
  /**
   * Where machines come from: one location or a list of them, used in order. A location is a string, or a map with `driver`. `byon:(hosts="10.0.0.{1,2-9},user@h:port")` is a list of machines that exist and are reached by SSH (some 25,000 at most; braces hold items and ranges); `localhost` is the engine of the machine that the controllers run on; `sandbox` makes machines as containers on that engine; `hollow` makes machines that exist on paper only, `{driver: hollow, cpus: 16, memory: 64g, zones: 10, startMs: 200, failureRate: 0}` says of what kind; `jclouds:<provider>[:<region>]` takes them from a cloud provider.
   */
  location: LocationSpec[];
  /**
   * How machines are reached by SSH. Not used for localhost and hollow.
   */
  ssh: {
    /**
     * The user to log in as, root or able to sudo without a password. A location can name another for a machine (`user@host`).
     */
    user: string;
    /**
     * Path of a private key on the machine of the controllers, in OpenSSH's format, without a passphrase. Without one the cloud's own key is tried, which berth generates, and with byon after it up to four of the controllers' user, `~/.ssh/id_*` that need no passphrase; the machines have to let one of them in.
     */
    privateKeyFile?: string;
    /**
     * Fingerprints of the machines' host keys, by address or `address:port`, as `ssh-keygen -l` prints them. A machine whose key is neither named here nor known to its location is not contacted.
     */
    hostKeys: {
      [k: string]: string;
    };
  };
  /**
   * How many hosts the cloud has. The pool never leaves these bounds.
   */
  hosts: {
    /**
     * Hosts that there are always.
     */
    min: number;
    /**
     * Hosts that there are at most. The default is 10, or `min` where that is more.
     */
    max: number;
  };
  /**
   * What a machine must offer to be taken as a host.
   */
  machine: {
    /**
     * Cores at least, in cores (`2`, `1.5`, `500m`). As a number of cores.
     */
    minCores: number;
    /**
     * Memory at least, in bytes (`4g`, `512Mi`). As a number of bytes.
     */
    minRam: number;
    /**
     * Labels of each host, for strategies to ask for.
     */
    labels: Record<string, string>;
  };
  /**
   * How Docker Engine is set up on each host.
   */
  docker: {
    /**
     * Storage driver of the engine, or its snapshotter where it keeps images in containerd. Without one the engine chooses.
     */
    storageDriver?:
      | 'overlay2'
      | 'fuse-overlayfs'
      | 'btrfs'
      | 'zfs'
      | 'vfs'
      | 'overlay'
      | 'aufs'
      | 'devicemapper'
      | 'overlayfs'
      | 'native'
      | 'stargz';
    /**
     * Log driver of the engine, or a plugin that is on the machines, with its tag. Without one the engine chooses; `berth logs` needs one that can be read, such as json-file or local.
     */
    logDriver?: string;
    /**
     * Mirrors of Docker Hub, asked before it, as URLs.
     */
    registryMirrors: string[];
    /**
     * Registries that are reached without TLS or without verifying it, as `host[:port]` or a CIDR.
     */
    insecureRegistries: string[];
    /**
     * Directories of the host that every container gets, as `source on the host` to `target in the container`, absolute paths.
     */
    volumes: {
      [k: string]: string;
    };
    /**
     * Further options of the engine's daemon.json, as Docker documents them; they win over what berth sets, but hosts, tls, tlsverify, tlscacert, tlscert, tlskey and pidfile stay berth's. A change goes from host to host, one at a time; an engine that does not start with it gets its former options back, and the change goes no further.
     */
    daemon: {
      [k: string]: unknown;
    };
  };
  /**
   * How the controllers and the engines trust each other.
   */
  tls: {
    /**
     * Generate a certificate authority for the cloud, and certificates that renew themselves.
     */
    generate: boolean;
  };
  /**
   * How containers are networked.
   */
  network: {
    /**
     * Who makes the network on the hosts. `linux`: Calico's records, with routes and nftables of the kernel alone; `calico`: the same records, with calico/node on each host; `overlay`: Docker's own; `cni`: a plugin list of the user's.
     */
    provider: 'linux' | 'calico' | 'overlay' | 'cni';
    /**
     * MTU of the containers' interfaces, in bytes. Without one it is the kernel's default for the interface; an encapsulation needs some of what the machines' own network carries: 20 bytes for IPIP, 50 for VXLAN, 60 for WireGuard.
     */
    mtu?: number;
    /**
     * Whether what containers of applications' own networks send to the outside leaves with the address of their host.
     */
    natOutgoing: boolean;
    /**
     * How packets travel between hosts, with the provider calico. `none`: as they are, which the network between the hosts has to allow; `ipip` and `vxlan`: inside packets of the hosts; with `CrossSubnet` only between hosts of different subnets.
     */
    encapsulation: 'none' | 'ipip' | 'ipipCrossSubnet' | 'vxlan' | 'vxlanCrossSubnet';
    /**
     * How calico/node tells others where containers are, with the provider calico.
     */
    bgp?: {
      /**
       * Number of the autonomous system that the hosts are in.
       */
      asNumber: number;
      /**
       * Whether each host peers with each other one. Calico knows one mesh for all of its nodes: it is off as soon as one cloud turns it off.
       */
      mesh: boolean;
      /**
       * Routers that the hosts peer with, such as the switch of a rack or a route reflector.
       */
      peers: {
        /**
         * Address of the router.
         */
        address: string;
        /**
         * Number of its autonomous system.
         */
        asNumber: number;
        /**
         * Which hosts of the cloud peer with it: a selector of Calico's over the labels of hosts.
         */
        hosts: string;
      }[];
    };
    /**
     * Whether what containers of different hosts send each other is encrypted by WireGuard, with the provider calico. The kernel of each host has to have it.
     */
    wireguard: boolean;
    /**
     * How calico/node runs on each host, with the provider calico.
     */
    calico?: {
      /**
       * Image of calico/node, with its version.
       */
      image: string;
      /**
       * How calico/node on the hosts reaches the etcd of the controllers. It needs a user of its own that can read and write /calico/ only; `berth roles --calico` prints the role. Files are read on the machine of the controllers and copied to the hosts, readable by root alone.
       */
      etcd: {
        /**
         * URLs of etcd, as hosts reach it.
         */
        endpoints: string[];
        /**
         * File with the authority that signed etcd's certificate, in PEM.
         */
        caFile?: string;
        /**
         * File with a client certificate in PEM; its common name is the user in etcd. Goes with `keyFile`.
         */
        certFile?: string;
        /**
         * File with the key of the client certificate, in PEM.
         */
        keyFile?: string;
        /**
         * File with `user:password` on one line, where etcd demands passwords. calico/node takes them from its environment alone, which `docker inspect` shows to whoever may use the engine of a host; a certificate is better.
         */
        userFile?: string;
      };
    };
    /**
     * The plugins that make containers' interfaces, with the provider cni.
     */
    cni?: {
      /**
       * Version of the CNI specification that all the plugins know.
       */
      cniVersion: '0.3.1' | '0.4.0' | '1.0.0' | '1.1.0';
      /**
       * The plugin list, as in a file of CNI configuration (`plugins` of a .conflist), each with the `type` of its program; name, version, addresses, ports and previous result are filled in. A plugin that declares the capability `ips` is told the address that berth chose, `mac` the hardware address, `portMappings` the published ports.
       */
      plugins: {
        [k: string]: unknown;
      }[];
      /**
       * Directory of the plugins on each host; several with colons between them. Debian's package containernetworking-plugins, which is installed where a plugin of it is missing, has its own.
       */
      binDir: string;
    };
  };
  /**
   * Names of what runs on the cloud, kept in name servers: `<service>.<application>.<namespace>.<zone>`, each container's own, SRV records for ports, and reverse names.
   */
  dns: {
    /**
     * The zone that the names lie in. Every server listed must be its primary.
     */
    zone: string;
    /**
     * Zones of the servers that reverse names lie in. An address outside of them has none there.
     */
    reverseZones: string[];
    /**
     * How long resolvers may remember an answer, in seconds where it is a number. As a number of seconds.
     */
    ttl: number;
    /**
     * Primary name servers that take dynamic updates (RFC 2136, by TCP), such as BIND. berth sets the records of its own names and leaves all others in the zone alone. A server taken off the list keeps what it holds.
     */
    servers: {
      /**
       * Where the server is. Either this or `service`.
       */
      address?: string;
      /**
       * A service of berth's own that is the server, as `<namespace>/<application>/<service>`: its first running container, by the host's port where it publishes `port`, else by its own address.
       */
      service?: string;
      /**
       * The port that the server listens on, in its container where it is a service.
       */
      port: number;
      /**
       * The TSIG key (RFC 8945) that updates are signed with. Without one they are not signed.
       */
      key?: {
        /**
         * The key's name, as the server knows it.
         */
        name: string;
        /**
         * The key's algorithm, as the server knows it.
         */
        algorithm: 'hmac-sha224' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
        /**
         * Path of a file on the machine of the controllers that holds the key: its secret in base64, or what `tsig-keygen` prints. Either this or `secret`.
         */
        secretFile?: string;
        /**
         * Name of a sealed secret of the namespace berth-system that holds the same.
         */
        secret?: string;
      };
    }[];
    /**
     * The same names in the same etcd as SkyDNS wrote them, for CoreDNS's plugin `etcd`. Without this field nothing is written.
     */
    skydns?: {
      /**
       * The plugin's `path`.
       */
      prefix: string;
    };
  };
  /**
   * Docker Swarm.
   */
  swarm: {
    /**
     * Join the hosts into one swarm.
     */
    enabled: boolean;
  };
  /**
   * How a host is chosen for a container.
   */
  placement: {
    /**
     * Filters and orders, applied one after the other; then those of the application and of the service. `depthFirst` fills one host first, `breadthFirst` goes round, `random` shuffles, `leastContainers` takes the emptiest, `{maxContainers: 16}` refuses a host that has so many. Hosts that cannot hold a container's cpus, memory or host ports never get it.
     */
    strategies: StrategySpec[];
  };
  /**
   * Spare room to keep, so that containers start without waiting for a machine. Without it the cloud keeps `hosts.min` hosts.
   */
  headroom?: {
    /**
     * Room for so many more containers.
     */
    containers?: number;
    /**
     * Room for so many percent of all the containers that fit.
     */
    percent?: number;
    /**
     * Cores to keep free. As a number of cores.
     */
    cpu?: number;
    /**
     * Memory to keep free, in bytes (`4g`). As a number of bytes.
     */
    memory?: number;
    /**
     * When hosts that are not needed go.
     */
    scaleDown: {
      /**
       * Remove hosts that are not needed, never below `hosts.min`.
       */
      enabled: boolean;
      /**
       * How long a host must not have been needed (`5m`), in seconds where it is a number. As a number of seconds.
       */
      delay: number;
    };
  };
  /**
   * What happens to applications on the cloud when its record is deleted. `wait`: the cloud stays until they are gone; `cascade`: they are stopped with it.
   */
  deletion: 'wait' | 'cascade';
}
