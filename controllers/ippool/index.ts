import { nameOf as calicoNameOf, decodeRecord, ipPool, kindOf, paths } from '../../lib/calico/index.ts';
import { controller, Terminal } from '../../lib/reconcile/index.ts';
import { type Entry, hostOf, nameOf, type View } from '../../lib/store/index.ts';
import { reconcileAudit } from './audit.ts';
import { hasCalicoNode } from './calico-host.ts';
import { cloudOfPeer, cloudOfTunnels, hostOfFelix } from './calico-settings.ts';
import { reconcileCloud } from './cloud.ts';
import { type Owned, owns } from './context.ts';
import { drifted, reconcileEndpoint } from './drift.ts';
import { reconcileHost } from './host.ts';
import { Membership } from './membership.ts';
import { networkOf } from './names.ts';
import { reconcileNetwork } from './network.ts';
import { networkOfResource } from './resources.ts';
import { isSound } from './sound.ts';
import type { IppoolTools } from './tools.ts';
import { SHARED } from './wanted.ts';

export { type IppoolTools, ippoolTools } from './tools.ts';

/** `h-1/default/shop/web-0` → `host/h-1` */
const onHost = (entry: { id: string }): string => `host/${hostOf(entry)}`;
const network = ({ id }: { id: string }): string => `network/${id}`;

/**
 * Gives networks their ranges and containers their addresses, as Calico's own records: claim or VirtualNetwork →
 * network and pools, assignment → endpoint, and back. Keys: `network/<name>`, `host/<name>`, `endpoint/<id>`,
 * `cloud/<name>`, `audit/<what>`.
 */
export const ippool = controller<Owned, IppoolTools>({
  name: 'ippool',
  owns,
  watches: {
    virtualnetworks: network,
    'accepted/virtualnetworks': network,
    'status/virtualnetworks': network,
    networkclaims: ({ id }) => `network/${networkOf(id)}`,
    networks: network,
    // A network of an application follows the cloud that it is in, a shared one any that it is in or may come to be in.
    'accepted/dockerclouds': ({ id }, state) => [
      `cloud/${id}`,
      ...[id, SHARED].flatMap((cloud) => state.by('networks', 'cloud', cloud).map(network)),
      ...calicoHosts(id, state),
    ],
    containers: (container, state) => [
      ...(isSound(container) ? container.value.networks.map((name) => `network/${name}`) : []),
      ...state.by('assignments', 'container', container.id).map(onHost),
    ],
    hosts: (host) => `host/${nameOf(host)}`,
    assignments: onHost,
    observed: onHost,
    endpoints: onHost,
    calico: concernedBy,
    // There is one: whoever leads looks for what belongs to nobody.
    installation: () => 'audit/addresses',
  },
  // Hosts seldom want the same block, networks never; where they do, the transaction of one is refused and tried again.
  workers: 8,
  async reconcile(key, context) {
    const name = key.slice(key.indexOf('/') + 1);
    if (key.startsWith('host/')) return reconcileHost(name, context);
    if (key.startsWith('endpoint/')) return reconcileEndpoint(name, context);
    if (key.startsWith('network/')) return reconcileNetwork(name, context);
    if (key.startsWith('cloud/')) return reconcileCloud(name, context);
    if (key.startsWith('audit/')) return reconcileAudit(context);
    throw new Terminal(`no such key: ${key}`);
  },
});

/** Hosts of a cloud on which calico/node runs, or may have run. */
function calicoHosts(cloud: string, state: View): string[] {
  const names = state.list('hosts', cloud).map(nameOf);
  const network = state.get('accepted/dockerclouds', cloud)?.value.spec.network;
  return names.filter((name) => hasCalicoNode(name, network, state)).map((name) => `host/${name}`);
}

/** Whom one of Calico's records wakes. A block changes along with handles, and those name their network. */
function concernedBy(entry: Entry<'calico'>, state: View): string[] {
  const { id } = entry;
  switch (kindOf(id)) {
    case 'node':
      return [`host/${calicoNameOf(id)}`];
    case 'affinity':
      return [`host/${id.slice(paths.hosts.length + 1).split('/')[0]}`];
    case 'handle':
      return [`network/${calicoNameOf(id).replace(/\.[^.]*$/, '')}`];
    case 'workloadEndpoint':
      return drifted(entry, state);
    case 'profile':
    case 'ipReservation':
      return state.get('networks', calicoNameOf(id)) ? [`network/${calicoNameOf(id)}`] : [];
    case 'bgpConfiguration':
      return state.list('accepted/dockerclouds').map((cloud) => `cloud/${cloud.id}`);
    case 'bgpPeer':
      return cloudOfPeer(calicoNameOf(id));
    case 'felixConfiguration':
      return hostOfFelix(calicoNameOf(id));
    case 'pool': {
      const name = networkOfPool(entry);
      const cloud = cloudOfTunnels(name);
      if (cloud !== undefined) return [`cloud/${cloud}`, ...calicoHosts(cloud, state)];
      return [`network/${name}`, ...waitingFor(name, state)];
    }
    default:
      return [];
  }
}

function networkOfPool({ id, value }: Entry<'calico'>): string {
  try {
    return networkOfResource(decodeRecord(ipPool, id, value)) ?? calicoNameOf(id);
  } catch {
    return calicoNameOf(id);
  }
}

/** Hosts with assignments that a network may have kept waiting. */
const waitingFor = (name: string, state: View): string[] => [
  ...new Set(
    Membership.of(state)
      .containersOn(name)
      .flatMap((container) => state.by('assignments', 'container', container))
      .filter(({ id }) => !state.get('endpoints', id))
      .map(onHost),
  ),
];
