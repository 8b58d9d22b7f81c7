import { DEFAULT_ETCD, type EtcdAccess } from '../options/etcd.ts';
import type { OwnEtcd } from './own-etcd.ts';

/** What `berth up` says once it is up. */
export function greeting(about: { access: EtcdAccess; etcd: OwnEtcd | undefined; url: string }): string {
  const { access, etcd, url } = about;
  const endpoints = access.endpoints.join(',');
  const etcdctl = endpoints === DEFAULT_ETCD ? 'etcdctl' : `etcdctl --endpoints=${endpoints}`;
  const key = `${access.prefix}/dockerclouds/my-docker-cloud`;
  return `etcd  ${endpoints}${etcd ? `   data and log in ${etcd.directory}` : ''}
HTTP  ${url}   /metrics /healthz /readyz

berth is up. Declare a first cloud, of one machine that is a container on this computer:

  ${etcdctl} put ${key} '{"spec": {"location": "sandbox", "hosts": {"min": 1}}}'
  npx berth get hosts -w

Ctrl-C ends the controllers; what they made runs on.
`;
}
