export { type CacheOptions, createCache, type PrefixHealth, type WatchCache } from './cache.ts';
export { Holdings } from './holdings.ts';
export { appOf, containerOf, hostOf, nameOf } from './ids.ts';
export type { IndexOf } from './indexes.ts';
export { sameJson } from './json.ts';
export { type Kind, kinds, type RecordOf, type Writer } from './keys.ts';
export { allKinds, isName, type KeyRange, type Keyspace, keyspace, type Located, type Stray } from './keyspace.ts';
export type * from './kv.ts';
export { OutcomeUnknown, prefixEnd } from './kv.ts';
export { list } from './list.ts';
export {
  type Controller,
  calicoRole,
  controllers,
  type Permission,
  type Role,
  reporterOf,
  roleAsEtcdctl,
  roles,
  rolesAsEtcdctl,
} from './ownership.ts';
export type * from './types.ts';
export type { LeaderFence } from './unit.ts';
export { createStore, type StoreOptions } from './writer.ts';
