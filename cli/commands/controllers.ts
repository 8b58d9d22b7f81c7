import { type Command, Option } from 'commander';
import { BerthError } from '../../lib/errors/index.ts';
import { addServerOptions, type ServerFlags } from '../options/server.ts';

export function register(program: Command): void {
  const command = program
    .command('controllers')
    .description('runs controllers against an etcd that is there already, as one of any number of replicas')
    .addOption(new Option('--host <name>', 'only the container controller, for this host').hideHelp());
  addServerOptions(command).action(async (flags: ServerFlags) => {
    if (flags.host !== undefined)
      throw new BerthError('BERTH_NOT_SUPPORTED_YET', 'controllers for one host alone are not built yet', {
        found: `--host ${flags.host}`,
      });
    const { serve } = await import('../server/index.ts');
    await serve(flags);
  });
}
