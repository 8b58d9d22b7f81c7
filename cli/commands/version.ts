import type { Command } from 'commander';
import { about } from '../version.ts';

export function register(program: Command): void {
  program
    .command('version')
    .description('prints the version')
    .action(() => void process.stdout.write(`${about}\n`));
}
