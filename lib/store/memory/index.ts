export type { Call, ConnectOptions, Fault, MemoryClient } from './client.ts';
export { createMemoryEtcd, type MemoryEtcd, type MemoryEtcdOptions, type Snapshot } from './etcd.ts';
export type { Revision } from './history.ts';
