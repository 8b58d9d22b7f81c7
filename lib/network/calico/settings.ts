import { allPrivileges, type CreateOptions } from '../../docker/index.ts';
import type { DockerCloudSpec } from '../../records/index.ts';

type Network = DockerCloudSpec['network'];
type Etcd = NonNullable<Network['calico']>['etcd'];

export const CONTAINER = 'calico-node';
/** Holds a hash of all that the container was made from. */
export const LABEL = 'io.berth.calico-node';
/** On the host, and in the container; each installation has its own, for two may be on one machine. */
export const secretsDirectory = (installation: string): string => `/etc/berth/${installation}/calico`;

/** Credentials that calico/node reads from files, by the field that names them on the controllers' machine. */
export const SECRET_FILES = { caFile: 'ca.pem', certFile: 'cert.pem', keyFile: 'key.pem' } as const;
const VARIABLES = { caFile: 'ETCD_CA_CERT_FILE', certFile: 'ETCD_CERT_FILE', keyFile: 'ETCD_KEY_FILE' } as const;

/** What the host itself says, and what is not written in the cloud's record. */
export interface NodeFacts {
  host: string;
  installation: string;
  /** By which other hosts reach it. */
  address: string;
  /** Whether an interface of the host has that address; behind a NAT none has. */
  onInterface: boolean;
  /** Where etcd demands a password. */
  login?: { user: string; password: string };
  /** Capabilities that the machine lacks. */
  missing: readonly string[];
}

/**
 * calico/node as its documentation starts it (docs.tigera.io, "calico/node configuration"): what it makes of the records is
 * in etcd, here is only how it gets there, and what differs from host to host. Pure.
 */
export function nodeContainer(network: Network, image: string, etcd: Etcd, facts: NodeFacts): CreateOptions {
  const binds = ['/var/log/calico', '/var/run/calico', '/var/lib/calico', '/run'].map((path) => `${path}:${path}`);
  const secrets = secretsDirectory(facts.installation);
  const files = secretFilesOf(etcd, facts.installation).length > 0;
  return {
    name: CONTAINER,
    image,
    hostname: '',
    labels: { 'io.berth.installation': facts.installation, 'io.berth.host': facts.host },
    env: {
      ...{ NODENAME: facts.host, DATASTORE_TYPE: 'etcdv3', WAIT_FOR_DATASTORE: 'true' },
      ...etcdEnvironment(etcd, facts),
      CALICO_NETWORKING_BACKEND: backendOf(network),
      ...addressEnvironment(facts),
      // Pools are berth's to make, and berth attaches containers itself.
      ...{ NO_DEFAULT_POOLS: 'true', CALICO_MANAGE_CNI: 'false' },
      // Its chains come after the rule that lets published ports through.
      ...{ FELIX_NFTABLESMODE: 'Disabled', FELIX_CHAININSERTMODE: 'Append', FELIX_USAGEREPORTINGENABLED: 'false' },
      ...mtuEnvironment(network),
    },
    networkMode: 'host',
    restart: 'always',
    stopGrace: 10,
    cpus: 0,
    memory: 0,
    binds: [...binds, '/lib/modules:/lib/modules:ro', ...(files ? [`${secrets}:${secrets}:ro`] : [])],
    extraHosts: [],
    dns: [],
    raw: { hostConfig: allPrivileges(facts.missing) },
  };
}

/** Which credentials there are: the field that names each, and where it stands on the host. */
export const secretFilesOf = (
  etcd: Etcd,
  installation: string,
): { field: keyof typeof SECRET_FILES; source: string; path: string }[] =>
  (['caFile', 'certFile', 'keyFile'] as const).flatMap((field) => {
    const source = etcd[field];
    return source === undefined
      ? []
      : [{ field, source, path: `${secretsDirectory(installation)}/${SECRET_FILES[field]}` }];
  });

function etcdEnvironment(etcd: Etcd, { login, installation }: NodeFacts): Record<string, string> {
  const files = secretFilesOf(etcd, installation).map(({ field, path }) => [VARIABLES[field], path]);
  return {
    ETCD_ENDPOINTS: etcd.endpoints.join(','),
    ...Object.fromEntries(files),
    ...(login && { ETCD_USERNAME: login.user, ETCD_PASSWORD: login.password }),
  };
}

/** BIRD runs wherever routes are told by BGP; VXLAN alone needs none, for Felix routes by the blocks. */
export const backendOf = ({ encapsulation, bgp }: Pick<Network, 'encapsulation' | 'bgp'>): 'bird' | 'vxlan' =>
  encapsulation.startsWith('vxlan') && !bgp ? 'vxlan' : 'bird';

/**
 * The address that berth knows the host by, with the prefix length that its interface has: hosts of one subnet are
 * neighbours, by which CrossSubnet goes. Left to itself calico/node would take the first address that it finds.
 */
function addressEnvironment({ address, onInterface }: NodeFacts): Record<string, string> {
  const six = address.includes(':');
  const [own, method, other] = six
    ? ['IP6', 'IP6_AUTODETECTION_METHOD', 'IP']
    : ['IP', 'IP_AUTODETECTION_METHOD', 'IP6'];
  return {
    [other]: 'none',
    ...(onInterface ? { [own]: 'autodetect', [method]: `cidr=${address}/${six ? 128 : 32}` } : { [own]: address }),
  };
}

/** Of tunnels: what containers send has to fit as it is. Without one Felix goes by the host's interface. */
function mtuEnvironment({ mtu }: Network): Record<string, string> {
  if (mtu === undefined) return {};
  return Object.fromEntries(
    ['FELIX_IPINIPMTU', 'FELIX_VXLANMTU', 'FELIX_WIREGUARDMTU'].map((name) => [name, `${mtu}`]),
  );
}
