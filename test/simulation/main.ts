import { parseArgs } from 'node:util';
import { bugs } from './bugs.ts';
import { simulate } from './run.ts';

/**
 * `berth simulate` for those who look for a bug: `npx tsx test/simulation/main.ts --seed 42 --trace shop/s0-1`, or with one of
 * the deliberate defects, `--bug`. Exits 1 when a seed breaks.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    steps: { type: 'string', default: '2000' },
    /** One of the deliberate defects of bugs.ts. */
    bug: { type: 'string' },
    /** All deeds, not only the last. */
    verbose: { type: 'boolean', default: false },
    /** Prints every change of the keys that hold one of these texts, with what the controllers log and what is done. */
    trace: { type: 'string', multiple: true },
  },
});

const bug = bugs.find(({ name }) => name === values.bug);
if (values.bug !== undefined && !bug)
  throw new Error(`no such bug; there are ${bugs.map(({ name }) => name).join(', ')}`);

let failed = 0;
for (let seed = Number(values.seed), last = seed + Number(values.seeds); seed < last; seed++) {
  const { broken, deeds, revisions, deaths, virtualSeconds } = await simulate(seed, Number(values.steps), {
    ...(bug && { bug }),
    ...(values.trace && { tell: tracer(values.trace) }),
  });
  const told = `${revisions} revisions, ${deaths} deaths, ${virtualSeconds} virtual seconds`;
  if (broken.length === 0) {
    console.log(`seed ${seed}: holds (${told})`);
    continue;
  }
  failed++;
  console.log(`seed ${seed}: BROKEN (${told})`);
  for (const what of broken.slice(0, 20)) console.log(`  ${what}`);
  for (const deed of values.verbose ? deeds : deeds.slice(-15)) console.log(`    ${deed}`);
}
console.log(`${Number(values.seeds) - failed} of ${values.seeds} seeds hold`);
process.exitCode = failed > 0 ? 1 : 0;

/** Prints what speaks of one of the texts. */
function tracer(texts: readonly string[]): (what: string) => void {
  return (what) => {
    if (texts.some((text) => what.includes(text))) console.log(what.slice(0, 600));
  };
}
