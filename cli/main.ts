#!/usr/bin/env node
import { Command } from 'commander';
import { exitCodeOf, report } from './failure.ts';
import { about } from './version.ts';

/** A command's file. Loaded when it is asked for, and by `berth help`; what is heavy it loads in its action. */
interface CommandFile {
  register(program: Command): void;
}

/** Every command there is, in the order of `berth help`. */
const commands: Readonly<Record<string, () => Promise<CommandFile>>> = {
  up: () => import('./commands/up.ts'),
  controllers: () => import('./commands/controllers.ts'),
  apply: () => import('./commands/apply.ts'),
  delete: () => import('./commands/delete.ts'),
  get: () => import('./commands/get.ts'),
  describe: () => import('./commands/describe.ts'),
  explain: () => import('./commands/explain.ts'),
  wait: () => import('./commands/wait.ts'),
  events: () => import('./commands/events.ts'),
  logs: () => import('./commands/logs.ts'),
  exec: () => import('./commands/exec.ts'),
  network: () => import('./commands/network.ts'),
  simulate: () => import('./commands/simulate.ts'),
  roles: () => import('./commands/roles.ts'),
  version: () => import('./commands/version.ts'),
};

/** @param args  without the names of node and of the program */
async function main(args: readonly string[]): Promise<void> {
  const program = new Command('berth')
    .description('Keeps Docker clouds, networks and spare capacity the way they are declared in etcd.')
    .version(about, '-V, --version', 'prints the version')
    .helpCommand('help [command]', 'explains a command')
    .showHelpAfterError('See `berth help` for all commands, `berth help COMMAND` for one.')
    .showSuggestionAfterError()
    .exitOverride()
    .enablePositionalOptions();
  const wanted = args[0] === 'help' ? args[1] : args[0];
  const only = wanted !== undefined && Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  const files = await Promise.all((only ? [only] : Object.values(commands)).map((load) => load()));
  for (const { register } of files) register(program);
  // Commander gives a command the settings of its parent only where it makes it itself before they change.
  for (const command of program.commands) command.exitOverride();
  if (args.length === 0) program.help({ error: true });
  await program.parseAsync([...args], { from: 'user' });
}

// `berth get … | head` ends us quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  report(error);
  process.exitCode = exitCodeOf(error);
}
