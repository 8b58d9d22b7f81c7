import { BerthError } from '../../lib/errors/index.ts';
import { didYouMean } from '../../lib/schema/index.ts';
import { bugs } from '../../test/simulation/bugs.ts';
import { type Outcome, simulate } from '../../test/simulation/run.ts';
import type { WorldOptions } from '../../test/simulation/world.ts';
import type { ExitCode } from './session.ts';

/** What is told of a seed that broke. */
const BROKEN_SHOWN = 20;
const DEEDS_SHOWN = 15;
/** Characters of a line of a trace: records are long. */
const LINE = 600;

interface SeedsOptions {
  from: number;
  count: number;
  steps: number;
  deeds: 'all' | 'last';
  /** Name of a deliberate defect. */
  bug?: string | undefined;
  /** Everything that holds one of these texts is printed. */
  trace?: readonly string[];
  print?: (line: string) => void;
  run?: (seed: number, steps: number, options: WorldOptions) => Promise<Outcome>;
}

/** `berth simulate`: runs seeds one after the other and tells what broke, and after what. @throws BERTH_USAGE */
export async function simulateSeeds({ from, count, steps, deeds, ...tools }: SeedsOptions): Promise<ExitCode> {
  const { print = (line: string) => void process.stdout.write(`${line}\n`), run = simulate } = tools;
  const { trace = [] } = tools;
  const bug = tools.bug === undefined ? undefined : bugNamed(tools.bug);
  const tell = (what: string) => {
    if (trace.some((text) => what.includes(text))) print(what.slice(0, LINE));
  };
  const options: WorldOptions = { ...(bug && { bug }), ...(trace.length > 0 && { tell }) };
  let held = 0;
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await run(seed, steps, options);
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

function bugNamed(name: string): (typeof bugs)[number] {
  const found = bugs.find((bug) => bug.name === name);
  if (found) return found;
  const names = bugs.map((bug) => bug.name);
  throw new BerthError('BERTH_USAGE', 'no such bug', {
    found: JSON.stringify(name),
    expected: `one of ${names.join(', ')}`,
    hint: didYouMean(name, names),
  });
}
