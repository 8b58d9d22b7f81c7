import { controllers } from '../../controllers/index.ts';
import { calicoRole, type Keyspace, roleAsEtcdctl, roles, rolesAsEtcdctl } from '../../lib/store/index.ts';

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

/** The user of calico/node on the hosts of clouds with that provider, as commands for an administrator's shell. */
export function calicoScript(keyspace: Keyspace, auth: 'password' | 'certificate'): string {
  const role = calicoRole(keyspace);
  return [
    '# calico/node on hosts: reads and writes Calico’s records, and nothing of berth’s.',
    ...roleAsEtcdctl(role),
    auth === 'password'
      ? `# For spec.network.calico.etcd.userFile: ${role.name}:<password>. The engine of each host shows it to whoever may use that.`
      : '# The common name of the certificate in spec.network.calico.etcd.certFile names the user.',
    ...userCommands({ name: role.name, roles: [role.name] }, auth),
    '',
  ].join('\n');
}

const userCommands = ({ name, roles }: Pick<User, 'name' | 'roles'>, auth: 'password' | 'certificate'): string[] => [
  auth === 'password'
    ? `etcdctl user add ${name} --interactive=false < ${name}.password`
    : `etcdctl user add ${name} --no-password`,
  ...roles.map((role) => `etcdctl user grant-role ${name} ${role}`),
];

/** Commands for an administrator's shell. Passwords come from files, so that no list of processes shows them. */
export function rolesScript(keyspace: Keyspace, auth: 'password' | 'certificate'): string {
  const added = users(keyspace).flatMap((user) => userCommands(user, auth));
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
