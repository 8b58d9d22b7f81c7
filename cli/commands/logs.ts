import { once } from 'node:events';
import { type Command, InvalidArgumentError } from 'commander';
import { addNamespaceOption, type NamespaceFlags, parseTimeout } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';
import { addPortOptions, type PortFlags } from '../options/port.ts';

interface Flags extends EtcdFlags, NamespaceFlags, PortFlags {
  follow?: boolean;
  tail?: number;
  since?: number;
  timestamps?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('logs')
    .description('prints what containers wrote')
    .argument('<name>', 'APP/CONTAINER, APP/SERVICE or APP')
    .option('-f, --follow', 'goes on with what they write')
    .option('--tail <lines>', 'so many lines from the end', parseTail)
    .option('--since <duration>', 'no older than that', parseTimeout)
    .option('--timestamps', 'with the time of each line');
  addNamespaceOption(addPortOptions(command));
  addEtcdOptions(command)
    .addHelpText('after', '\nExamples:\n  berth logs shop/web-0 --tail 20\n  berth logs -f shop')
    .action(async (name: string, { follow, tail, since, timestamps, ...flags }: Flags) => {
      const [{ withSession }, { read }, { containerReads, containersNamed }, { logs }, { readPort }] =
        await Promise.all([
          import('../client/session.ts'),
          import('../client/reading.ts'),
          import('../client/targets.ts'),
          import('../client/logs.ts'),
          import('../options/port.ts'),
        ]);
      await withSession(flags, async (session) => {
        const state = await read(session, containerReads(flags.namespace));
        const containers = containersNamed(state, name, flags.namespace);
        return logs(session, containers, {
          port: await readPort(flags, state),
          signal: new AbortController().signal,
          sink: async (data) => void (process.stdout.write(data) || (await once(process.stdout, 'drain'))),
          ...(follow && { follow }),
          ...(timestamps && { timestamps }),
          tail,
          since: since === undefined ? undefined : since / 1000,
        });
      });
    });
}

/** `-1` is all, as kubectl has it. */
function parseTail(text: string): number | undefined {
  if (text === '-1') return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a number of lines.');
  return Number(text);
}
