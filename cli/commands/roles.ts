import { type Command, Option } from 'commander';

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
    .addOption(new Option('--prefix <path>', 'below which all keys lie').env('BERTH_PREFIX').default('/berth/v1'))
    .action(async ({ format, auth, prefix }: { format: string; auth: 'password' | 'certificate'; prefix: string }) => {
      const [{ keyspace, roles }, { rolesScript, users }] = await Promise.all([
        import('../../lib/store/index.ts'),
        import('../server/roles.ts'),
      ]);
      const keys = keyspace(prefix);
      const text =
        format === 'json'
          ? `${JSON.stringify({ roles: roles(keys), users: users(keys) }, null, 2)}\n`
          : rolesScript(keys, auth);
      process.stdout.write(text);
    });
}
