import { controller, Terminal } from '../../lib/reconcile/index.ts';
import { type Owned, owns } from './context.ts';
import { parseOwner } from './names.ts';
import { reconcileOwner } from './owner.ts';
import { reconcileServerZone } from './server.ts';
import type { DiscoveryTools } from './tools.ts';
import { byCloud, byContainer, byHost, byName, byPlaced, bySecret, bySkydns } from './wakes.ts';

export { type DiscoveryTools, discoveryTools } from './tools.ts';

/**
 * Gives services and containers names: what runs → `names/` (and `/skydns`, for CoreDNS) → the clouds' name servers.
 * Keys: `service/<namespace>/<app>/<service>`, `container/<namespace>/<app>/<name>`, `zone/<cloud>/<server>/<zone>`.
 */
export const discovery = controller<Owned, DiscoveryTools>({
  name: 'discovery',
  owns,
  watches: {
    'accepted/dockerclouds': byCloud,
    containers: byContainer,
    hosts: byHost,
    assignments: byPlaced,
    endpoints: byPlaced,
    observed: byPlaced,
    names: byName,
    skydns: bySkydns,
    secrets: bySecret,
  },
  // A server that does not answer keeps a worker for some seconds.
  workers: 16,
  async reconcile(key, context) {
    if (key.startsWith('zone/')) return reconcileServerZone(key, context);
    const owner = parseOwner(key);
    if (owner) return reconcileOwner(owner, context);
    throw new Terminal(`no such key: ${key}`);
  },
});
