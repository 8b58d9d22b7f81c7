import type { Context } from '../../lib/reconcile/index.ts';
import type { IppoolTools } from './tools.ts';

/** What ippool alone writes. */
export const owns = ['accepted/virtualnetworks', 'status/virtualnetworks', 'networks', 'endpoints', 'calico'] as const;

export type Owned = (typeof owns)[number];

/** What each of its reconciles is handed. */
export type Ippool = Context<Owned, IppoolTools>;
