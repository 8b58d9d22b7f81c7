import type { Context } from '../../lib/reconcile/index.ts';
import type { HostpoolTools } from './tools.ts';

/** What hostpool owns (design §1.1). */
export const owns = [
  'accepted/dockerclouds',
  'status/dockerclouds',
  'hosts',
  'schedulable',
  'usage',
  'credentials',
  'machineclaims',
] as const;

export type Owned = (typeof owns)[number];

export type HostpoolContext = Context<Owned, HostpoolTools>;
