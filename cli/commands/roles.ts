import { type Command, Option } from 'commander';

interface Options {
  format: string;
  auth: 'password' | 'certificate';
  calico?: true;
  prefix: string;
}

export function register(program: Command): void {
  program
    .command('roles')
    .description('prints the etcd roles and users that the controllers need, as etcdctl commands')
    .addOption(
      new Option('--format <format>', 'commands for a shell, or the same as data')
        .choices(['etcdctl', 'json'])
        .default('etcdctl'),
    )
    .addOption(
      new Option('--auth <by>', 'how users prove who they are')
        .choices(['password', 'certificate'])
        .default('password'),
    )
    .option('--calico', 'of calico/node on hosts, for clouds with the provider calico, instead')
    .addOption(new Option('--prefix <path>', 'below which all keys lie').env('BERTH_PREFIX').default('/berth/v1'))
    .action(async ({ format, auth, calico, prefix }: Options) => {
      const [{ calicoRole, keyspace, roles }, { calicoScript, rolesScript, users }] = await Promise.all([
        import('../../lib/store/index.ts'),
        import('../server/roles.ts'),
      ]);
      const keys = keyspace(prefix);
      const node = calicoRole(keys);
      const data = calico
        ? { roles: [node], users: [{ who: 'calico-node', name: node.name, roles: [node.name] }] }
        : { roles: roles(keys), users: users(keys) };
      const script = calico ? calicoScript(keys, auth) : rolesScript(keys, auth);
      const text = format === 'json' ? `${JSON.stringify(data, null, 2)}\n` : script;
      process.stdout.write(text);
    });
}
