import type { Context } from '../../lib/reconcile/index.ts';

/** What this controller writes. */
export const owns = [
  'accepted/applications',
  'status/applications',
  'accepted/namespaces',
  'status/namespaces',
  'containers',
  'networkclaims',
  'entities',
] as const;

export type Owned = (typeof owns)[number];

export type ApplicationContext = Context<Owned, unknown>;
