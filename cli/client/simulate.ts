import { type Outcome, simulate } from '../../test/simulation/run.ts';
import type { ExitCode } from './session.ts';

/** What is told of a seed that broke. */
const BROKEN_SHOWN = 20;
const DEEDS_SHOWN = 15;

interface SeedsOptions {
  from: number;
  count: number;
  steps: number;
  deeds: 'all' | 'last';
  print?: (line: string) => void;
  run?: (seed: number, steps: number) => Promise<Outcome>;
}

/** `berth simulate`: runs seeds one after the other and tells what broke, and after what. */
export async function simulateSeeds({ from, count, steps, deeds, ...tools }: SeedsOptions): Promise<ExitCode> {
  const { print = (line: string) => void process.stdout.write(`${line}\n`), run = simulate } = tools;
  let held = 0;
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await run(seed, steps);
    const { broken, revisions, deaths, virtualSeconds } = outcome;
    const told = `${revisions} revisions, ${deaths} deaths, ${virtualSeconds} virtual seconds`;
    print(`seed ${seed}: ${broken.length === 0 ? 'holds' : 'BROKEN'} (${told})`);
    if (broken.length === 0) {
      held++;
      continue;
    }
    for (const what of broken.slice(0, BROKEN_SHOWN)) print(`  ${what}`);
    for (const deed of deeds === 'all' ? outcome.deeds : outcome.deeds.slice(-DEEDS_SHOWN)) print(`    ${deed}`);
  }
  if (count > 1) print(`${held} of ${count} seeds hold`);
  return held === count ? 0 : 1;
}
