import { type Command, InvalidArgumentError } from 'commander';

interface Flags {
  seed: number;
  seeds: number;
  steps: number;
  verbose?: boolean;
}

export function register(program: Command): void {
  program
    .command('simulate')
    .description('runs all controllers in memory, on a clock of their own, against faults drawn from a seed')
    .option('--seed <number>', 'what the faults are drawn from', parseCount, 1)
    .option('--seeds <number>', 'so many, from that one on', parseCount, 1)
    .option('--steps <number>', 'what is done to it', parseCount, 2000)
    .option('--verbose', 'all that was done, not only the last of it')
    .addHelpText('after', '\nThe same seed gives the same run. Exits with 1 when an invariant broke.')
    .action(async ({ seed, seeds, steps, verbose }: Flags) => {
      const { simulateSeeds } = await import('../client/simulate.ts');
      process.exitCode = await simulateSeeds({ from: seed, count: seeds, steps, deeds: verbose ? 'all' : 'last' });
    });
}

function parseCount(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
