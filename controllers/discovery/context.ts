import type { Context } from '../../lib/reconcile/index.ts';
import type { DiscoveryTools } from './tools.ts';

/** What discovery alone writes. */
export const owns = ['names', 'skydns'] as const;

export type Owned = (typeof owns)[number];

/** What each of its reconciles is handed. */
export type Discovery = Context<Owned, DiscoveryTools>;

/** What the names of one owner are kept with: no server is asked. */
export type OwnerContext = Pick<Discovery, 'state' | 'store' | 'event' | 'fence'> & {
  tools: Pick<DiscoveryTools, 'memory'>;
};
