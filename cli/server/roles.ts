import { controllers } from '../../controllers/index.ts';
import { type Keyspace, roles, rolesAsEtcdctl } from '../../lib/store/index.ts';

/** A user in etcd, and the roles that it is given. */
export interface User {
  /** Entry of `--etcd-credentials`. */
  who: string;
  name: string;
  roles: string[];
}

/** One user for the cache of every process, one for each controller there is. A controller also reads: its guards do. */
export function users(keyspace: Keyspace): User[] {
  const all = roles(keyspace);
  const reader = all.filter(({ controller }) => controller === undefined).map(({ name }) => name);
  return all
    .filter(({ controller }) => controller === undefined || controllers.some(({ name }) => name === controller))
    .map(({ name, controller }) => ({
      who: controller ?? 'reader',
      name,
      roles: controller === undefined ? reader : [...reader, name],
    }));
}

/** Commands for an administrator's shell. Passwords come from files, so that no list of processes shows them. */
export function rolesScript(keyspace: Keyspace, auth: 'password' | 'certificate'): string {
  const added = users(keyspace).flatMap(({ name, roles }) => [
    auth === 'password'
      ? `etcdctl user add ${name} --interactive=false < ${name}.password`
      : `etcdctl user add ${name} --no-password`,
    ...roles.map((role) => `etcdctl user grant-role ${name} ${role}`),
  ]);
  const credentials = users(keyspace).map(({ who, name }) => `#   ${who}: { user: ${name}, password: … }`);
  return [
    '# Roles: who may write what, out of the key map.',
    ...rolesAsEtcdctl(keyspace),
    '',
    ...(auth === 'password'
      ? [
          '# Users. Each password stands in <user>.password, as one word; make them with: openssl rand -hex 24',
          '# The controllers read them from the file of --etcd-credentials:',
          ...credentials,
        ]
      : ['# Users. The common name of a client certificate names its user.']),
    ...added,
    '',
  ].join('\n');
}
