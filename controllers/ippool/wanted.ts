import type { Accepted, DockerCloudSpec, NetworkRecord, VirtualNetworkSpec } from '../../lib/records/index.ts';
import type { Guard, View } from '../../lib/store/index.ts';
import { mtuOf } from './calico-settings.ts';
import { Membership } from './membership.ts';
import { claimOf } from './names.ts';
import { isSound } from './sound.ts';
import type { Encapsulation } from './specs.ts';

/** A network as somebody wants it: an application by its claim, or a user by a VirtualNetwork. */
export interface Wanted {
  name: string;
  /** Of the application, or create_revision of the VirtualNetwork. */
  uid: number;
  /** `SHARED` where it is in any. */
  cloud: string;
  /** The record that wants it, for events. */
  about: string;
  spec: VirtualNetworkSpec;
  /** How many containers will join, and how many hosts they may be on. */
  containers: number;
  hosts: () => number;
  provider: NetworkRecord['provider'];
  encapsulation: Encapsulation;
  natOutgoing: boolean;
  mtu?: number;
  /** That it is still wanted. */
  guards: Guard[];
}

/** In place of the cloud of a network that is in any. */
export const SHARED = '';

/** What is wanted of a network of which nothing is said. */
const ANY: VirtualNetworkSpec = {
  dnsServers: [],
  addIptablesRules: true,
  pools: [],
  natOutgoing: true,
  allowFrom: [],
};

/**
 * @param accepted  what stands in `accepted/virtualnetworks/<name>`, and its mod_revision; claims have none
 * @returns undefined where nobody wants it (any more)
 */
export function wantedNetwork(
  name: string,
  accepted: { value: Accepted<VirtualNetworkSpec>; at: number } | undefined,
  state: View,
): Wanted | undefined {
  const claimed = claimOf(name);
  if (claimed) {
    const claim = state.get('networkclaims', claimed.id);
    if (!claim) return undefined;
    const { uid, cloud, containers, spec = ANY } = claim.value;
    const about = `networkclaims/${claim.id}`;
    const guards: Guard[] = [{ unchanged: 'networkclaims', id: claim.id, at: claim.modRevision }];
    return {
      name,
      uid,
      cloud,
      about,
      spec,
      containers,
      hosts: () => mostHosts([cloud], state),
      ...carried(spec, cloud, state),
      guards,
    };
  }
  if (!accepted || accepted.value.deleting) return undefined;
  const { uid, spec } = accepted.value;
  const guards: Guard[] = [{ unchanged: 'accepted/virtualnetworks', id: name, at: accepted.at }];
  const about = `virtualnetworks/${name}`;
  const members = Membership.of(state);
  const accepting = state.list('accepted/dockerclouds').map(({ id }) => id);
  const using = members.cloudsOn(name);
  return {
    ...{ name, uid, cloud: SHARED, about, spec, guards },
    containers: members.joining(name),
    hosts: () => mostHosts(accepting, state),
    ...carried(spec, carrierOf(using.length > 0 ? using : accepting, state), state),
  };
}

/** Counted when asked: a network is looked at for each address that comes or goes, and seldom has to be sized. */
function mostHosts(clouds: readonly string[], state: View): number {
  const hosts = clouds.map((cloud) => {
    const most = state.get('accepted/dockerclouds', cloud)?.value.spec.hosts.max ?? 0;
    return Math.max(most, state.list('hosts', cloud).length);
  });
  return Math.max(0, ...hosts);
}

/** Of several clouds that share a network, the one by which its packets travel: in all of them, if in one of them, encapsulated. */
function carrierOf(clouds: readonly string[], state: View): string {
  const encapsulates = (cloud: string) =>
    (state.get('accepted/dockerclouds', cloud)?.value.spec.network.encapsulation ?? 'none') !== 'none';
  return clouds.find(encapsulates) ?? clouds[0] ?? '';
}

/** Where no cloud is known yet. */
const NO_CLOUD: DockerCloudSpec['network'] = {
  provider: 'linux',
  natOutgoing: true,
  encapsulation: 'none',
  wireguard: false,
};

/** How packets of the network travel: by what its cloud says, and its own spec. */
function carried(
  spec: VirtualNetworkSpec,
  cloud: string,
  state: View,
): Pick<Wanted, 'provider' | 'encapsulation' | 'natOutgoing' | 'mtu'> {
  const network = state.get('accepted/dockerclouds', cloud)?.value.spec.network ?? NO_CLOUD;
  const hosts = () =>
    state
      .list('hosts', cloud)
      .filter(isSound)
      .map(({ value }) => value.mtu);
  const mtu = spec.mtu ?? mtuOf(network, hosts);
  return {
    provider: network.provider,
    // Records of before there was a choice have none.
    encapsulation: network.encapsulation ?? 'none',
    natOutgoing: spec.natOutgoing && network.natOutgoing !== false,
    ...(mtu !== undefined && { mtu }),
  };
}
