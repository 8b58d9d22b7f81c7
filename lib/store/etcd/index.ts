import type { Clock, Log } from '../../platform/index.ts';
import type { Kv } from '../kv.ts';
import { EtcdClient } from './client.ts';
import type { EtcdOptions } from './connection.ts';

export type { EtcdOptions } from './connection.ts';

/** A client of a real etcd, 3.4 or later. Connects with the first call. */
export const createEtcd = ({ clock, log, ...options }: EtcdOptions & { clock: Clock; log: Log }): Kv =>
  new EtcdClient(options, clock, log);
