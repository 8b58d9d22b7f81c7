import type { Command } from 'commander';
import { version } from '../version.ts';

export function register(program: Command): void {
  program
    .command('version')
    .description('prints the version')
    .action(() => void process.stdout.write(`berth ${version} (Node.js ${process.versions.node})\n`));
}
