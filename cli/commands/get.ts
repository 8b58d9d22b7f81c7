import type { Command } from 'commander';
import { kindNames } from '../client/resources/index.ts';
import { addNamespaceOptions, addOutputOption, type NamespaceFlags, namespaceOf } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';

interface Flags extends EtcdFlags, NamespaceFlags {
  output?: string;
  watch?: boolean;
  headers: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('get')
    .description('shows what there is: clouds, hosts, applications, containers, networks, …')
    .argument('<kind>', 'KIND, KIND,KIND, KIND/NAME, or all')
    .argument('[names...]', 'only these')
    .option('-w, --watch', 'goes on with what changes')
    .option('--no-headers', 'without the first line');
  addNamespaceOptions(addOutputOption(command));
  addEtcdOptions(command)
    .addHelpText(
      'after',
      () => `
Kinds:
${kindNames()
  .map((name) => `  ${name}`)
  .join('\n')}

-o json and -o yaml print a record whole, with the secrets that its user wrote into it; \`berth describe\` hides what looks
like one.

Examples:
  berth get all
  berth get applications -A -o wide
  berth get containers shop -w
  berth get app/shop -o jsonpath='{.status.phase}'`,
    )
    .action(async (kind: string, names: string[], { output, watch, headers, ...flags }: Flags) => {
      const [{ withSession }, { get }] = await Promise.all([
        import('../client/session.ts'),
        import('../client/get.ts'),
      ]);
      await withSession(flags, (session) =>
        get(session, [kind, ...names], {
          namespace: namespaceOf(flags),
          output,
          ...(watch && { watch: new AbortController().signal }),
          ...(!headers && { headers: 'none' }),
        }),
      );
    });
}
