import type { Command } from 'commander';
import { addNamespaceOptions, addTimeoutOption, type NamespaceFlags, namespaceOf } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';

interface Flags extends EtcdFlags, NamespaceFlags {
  for: string;
  timeout: number;
  all?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('wait')
    .description('waits until something is as asked for; exits with 1 when the time is up')
    .argument('<kind>', 'KIND/NAME, or KIND')
    .argument('[names...]', 'which of them')
    .requiredOption('--for <what>', 'condition=TYPE[=STATUS], delete, create, or jsonpath={PATH}[=VALUE]')
    .option('--all', 'all of the kind');
  addNamespaceOptions(addTimeoutOption(command, 'gives up after so long; 0: looks once, -1s: a week', '30s'));
  addEtcdOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  berth wait app/shop --for=condition=Ready --timeout=5m
  berth wait app/shop --for=delete
  berth wait dc/my-docker-cloud --for=jsonpath='{.status.hosts.ready}'=3`,
    )
    .action(async (kind: string, names: string[], { timeout, all, for: what, ...flags }: Flags) => {
      const [{ withSession }, { parseGoal, wait }] = await Promise.all([
        import('../client/session.ts'),
        import('../client/wait.ts'),
      ]);
      const goal = parseGoal(what);
      await withSession(flags, (session) =>
        wait(session, [kind, ...names], { namespace: namespaceOf(flags), goal, timeout, ...(all && { all }) }),
      );
    });
}
