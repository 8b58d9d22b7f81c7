import { type Command, InvalidArgumentError } from 'commander';

interface Flags {
  seed: number;
  seeds: number;
  steps: number;
  verbose?: boolean;
  bug?: string;
  trace: string[];
}

export function register(program: Command): void {
  program
    .command('simulate')
    .description('runs all controllers in memory, on a clock of their own, against faults drawn from a seed')
    .option('--seed <number>', 'what the faults are drawn from', parseCount, 1)
    .option('--seeds <number>', 'so many, from that one on', parseCount, 1)
    .option('--steps <number>', 'what is done to it', parseCount, 2000)
    .option('--verbose', 'all that was done, not only the last of it')
    .option('--bug <name>', 'with a deliberate defect: is it noticed?')
    .option('--trace <text>', 'prints each change, log line and deed with that text; may be given again', collect, [])
    .addHelpText(
      'after',
      `
The same seed gives the same run. Exits with 1 when an invariant broke.

Examples:
  berth simulate --seeds 1000
  berth simulate --seed 42 --trace shop/s0-1 --trace leaders/placement
  berth simulate --bug skipped-fence-on-hosts`,
    )
    .action(async ({ seed, seeds, steps, verbose, bug, trace }: Flags) => {
      const { simulateSeeds } = await import('../client/simulate.ts');
      const deeds = verbose ? 'all' : 'last';
      process.exitCode = await simulateSeeds({ from: seed, count: seeds, steps, deeds, bug, trace });
    });
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

function parseCount(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
