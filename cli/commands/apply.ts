import type { Command } from 'commander';
import { addFileOption, addNamespaceOption, type NamespaceFlags, readStdin } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';

interface Flags extends EtcdFlags, NamespaceFlags {
  filename?: string[];
  name?: string;
  dryRun?: boolean;
  validate: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('apply')
    .description('puts the records of manifests, checked first and kept as they are written')
    .argument('[files...]', 'manifests, as with -f')
    .option('--name <name>', 'what a bare blueprint is called, instead of by its id')
    .option('--dry-run', 'says what would be done, and does nothing')
    .option('--no-validate', 'leaves the check to the controllers');
  addNamespaceOption(addFileOption(command));
  addEtcdOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  berth apply -f cloud.yaml -f shop.yaml
  berth apply -f shop/ --dry-run      # all .yaml, .yml and .json files in it
  berth apply -f blueprint.yaml --name shop
  berth apply --dry-run -f - < shop.yaml`,
    )
    .action(async (files: string[], { filename = [], name, dryRun, validate, ...flags }: Flags) => {
      const [{ withSession }, { apply }, { loadManifests }, { BerthError }] = await Promise.all([
        import('../client/session.ts'),
        import('../client/apply.ts'),
        import('../client/manifests.ts'),
        import('../../lib/errors/index.ts'),
      ]);
      const paths = [...filename, ...files];
      if (paths.length === 0) throw new BerthError('BERTH_USAGE', 'what is to be applied?', { expected: '-f FILE' });
      const manifests = await loadManifests(paths, readStdin);
      const demanded = command.getOptionValueSource('namespace') === 'cli';
      await withSession(flags, (session) =>
        apply(session, manifests, {
          namespace: { name: flags.namespace, demanded },
          name,
          ...(dryRun && { dryRun }),
          ...(!validate && { validation: 'none' }),
        }),
      );
    });
}
