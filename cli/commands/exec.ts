import { type Command, InvalidArgumentError, Option } from 'commander';
import { addNamespaceOption, type NamespaceFlags, parseTimeout, readStdin } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';
import { addPortOptions, type PortFlags } from '../options/port.ts';

interface Flags extends EtcdFlags, NamespaceFlags, PortFlags {
  stdin?: boolean;
  timeout: number;
}

export function register(program: Command): void {
  const command = program
    .command('exec')
    .description('runs a command in a container, and ends with its exit code')
    .argument('<name>', 'APP/CONTAINER; APP or APP/SERVICE where that is one container')
    .argument('<command...>', 'after --')
    .option('-i, --stdin', 'gives it what comes on stdin, read to its end first; at most 1 MiB')
    .addOption(
      new Option('--timeout <duration>', 'that it may take, at most 1h; a plain number is seconds')
        .argParser(parseExecTimeout)
        .default(60, '1m'),
    );
  addNamespaceOption(addPortOptions(command));
  addEtcdOptions(command)
    .addHelpText(
      'after',
      `
Prints what it wrote to each stream once it has ended: at most 1 MiB of each. Where there was more, stderr says so and
the exit code is 1.

Examples:
  berth exec shop/web-0 -- ls -l /
  berth exec -i shop/db-0 -- sh < script.sh`,
    )
    .action(async (name: string, words: string[], { stdin, timeout, ...flags }: Flags) => {
      const [{ withSession }, { read }, { containerReads, containersNamed }, { exec }, { readPort }] =
        await Promise.all([
          import('../client/session.ts'),
          import('../client/reading.ts'),
          import('../client/targets.ts'),
          import('../client/exec.ts'),
          import('../options/port.ts'),
        ]);
      await withSession(flags, async (session) => {
        const state = await read(session, containerReads(flags.namespace));
        const containers = containersNamed(state, name, flags.namespace);
        return exec(session, containers, {
          port: await readPort(flags, state),
          streams: {
            stdout: (data) => void process.stdout.write(data),
            stderr: (data) => void process.stderr.write(data),
          },
          command: words,
          timeout,
          signal: new AbortController().signal,
          ...(stdin && { stdin: await readStdin() }),
        });
      });
    });
}

function parseExecTimeout(text: string): number {
  const seconds = parseTimeout(text) / 1000;
  if (seconds <= 0 || seconds > 3600) throw new InvalidArgumentError('Expected more than 0 and at most 1h.');
  return seconds;
}
