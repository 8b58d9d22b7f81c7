import type { World } from './world.ts';

/** A user writes a record. */
export const put = (world: World, path: string, value: string): Promise<unknown> =>
  world.user().txn({ compare: [], then: [{ put: `${world.keyspace.prefix}/${path}`, value }] });

/** A user deletes a record. */
export const del = (world: World, path: string): Promise<unknown> =>
  world.user().txn({ compare: [], then: [{ delete: `${world.keyspace.prefix}/${path}` }] });
