import { nameOf as calicoNameOf, kindOf, paths } from '../../lib/calico/index.ts';
import { controller, Terminal } from '../../lib/reconcile/index.ts';
import { hostOf, nameOf, type View } from '../../lib/store/index.ts';
import { type Owned, owns } from './context.ts';
import { reconcileHost } from './host.ts';
import { claimOf, networkOf } from './names.ts';
import { reconcileNetwork } from './network.ts';
import type { IppoolTools } from './tools.ts';
import { reconcileVirtualNetwork } from './virtual-network.ts';

export { type IppoolTools, ippoolTools } from './tools.ts';

/** `h-1/default/shop/web-0` → `host/h-1` */
const onHost = (entry: { id: string }): string => `host/${hostOf(entry)}`;

/**
 * Gives networks their ranges and containers their addresses, as Calico's own records: claim → network and pool,
 * assignment → endpoint, and back. Keys: `network/<name>`, `host/<name>`, `virtualnetwork/<name>`.
 */
export const ippool = controller<Owned, IppoolTools>({
  name: 'ippool',
  owns,
  watches: {
    virtualnetworks: ({ id }) => `virtualnetwork/${id}`,
    'status/virtualnetworks': ({ id }) => `virtualnetwork/${id}`,
    networkclaims: ({ id }) => `network/${networkOf(id)}`,
    networks: ({ id }) => `network/${id}`,
    containers: ({ id, value }, state) => [
      ...value.networks.map((network) => `network/${network}`),
      ...state.by('assignments', 'container', id).map(onHost),
    ],
    hosts: (host) => `host/${nameOf(host)}`,
    assignments: onHost,
    observed: onHost,
    endpoints: onHost,
    calico: ({ id }, state) => concernedBy(id, state),
  },
  // Hosts seldom want the same block, networks never; where they do, the transaction of one is refused and tried again.
  workers: 8,
  async reconcile(key, context) {
    const name = key.slice(key.indexOf('/') + 1);
    if (key.startsWith('host/')) return reconcileHost(name, context);
    if (key.startsWith('network/')) return reconcileNetwork(name, context);
    if (key.startsWith('virtualnetwork/')) return reconcileVirtualNetwork(name, context);
    throw new Terminal(`no such key: ${key}`);
  },
});

/** Whom one of Calico's records wakes. A block changes along with handles, and those name their network. */
function concernedBy(id: string, state: View): string[] {
  const kind = kindOf(id);
  if (kind === 'node') return [`host/${calicoNameOf(id)}`];
  if (kind === 'affinity') return [`host/${id.slice(paths.hosts.length + 1).split('/')[0]}`];
  if (kind === 'handle') return [`network/${calicoNameOf(id).replace(/\.[^.]*$/, '')}`];
  if (kind === 'pool') return [`network/${calicoNameOf(id)}`, ...waitingFor(calicoNameOf(id), state)];
  return [];
}

/** Hosts with assignments that a network may have kept waiting. */
function waitingFor(network: string, state: View): string[] {
  const claim = claimOf(network);
  if (!claim) return [];
  return state
    .list('containers', claim.app)
    .filter(({ value }) => value.networks.includes(network))
    .flatMap(({ id }) => state.by('assignments', 'container', id).map(onHost));
}
