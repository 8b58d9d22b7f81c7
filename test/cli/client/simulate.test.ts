import { expect } from 'chai';
import { simulateSeeds } from '../../../cli/client/simulate.ts';
import { isCode } from '../../../lib/errors/index.ts';
import type { Outcome } from '../../simulation/run.ts';
import type { WorldOptions } from '../../simulation/world.ts';

const outcome = (seed: number, broken: string[] = []): Outcome => ({
  ...{ seed, broken, revisions: 1, deaths: 0, virtualSeconds: 2 },
  deeds: ['one', 'two'],
});

/** Runs two seeds, of which the second may break. */
async function seeds(more: { bug?: string; trace?: string[]; broken?: string[] }) {
  const lines: string[] = [];
  const given: WorldOptions[] = [];
  const code = await simulateSeeds({
    ...{ from: 1, count: 2, steps: 10, deeds: 'all', bug: more.bug, trace: more.trace ?? [] },
    print: (line) => void lines.push(line),
    run: async (seed, _steps, options) => {
      given.push(options);
      options.tell?.(`seed ${seed} leaders/x`);
      options.tell?.(`seed ${seed} hosts/x`);
      return outcome(seed, seed === 2 ? more.broken : []);
    },
  });
  return { code, lines, given };
}

describe('berth simulate', () => {
  it('tells of each seed whether it holds, and of one that breaks why', async () => {
    expect((await seeds({})).code).to.equal(0);
    const { code, lines } = await seeds({ broken: ['two hosts at once'] });
    expect(code).to.equal(1);
    expect(lines).to.include.members(['  two hosts at once', '    two', '1 of 2 seeds hold']);
  });

  it('prints what speaks of a text, and nothing else', async () => {
    const { lines } = await seeds({ trace: ['leaders/', 'nothing'] });
    expect(lines.filter((line) => /^seed \d (leaders|hosts)/.test(line))).to.deep.equal([
      'seed 1 leaders/x',
      'seed 2 leaders/x',
    ]);
  });

  it('hands in a bug by its name, and knows no others', async () => {
    const { given } = await seeds({ bug: 'skipped-fence-on-hosts' });
    expect(given.map(({ bug }) => bug?.name)).to.deep.equal(['skipped-fence-on-hosts', 'skipped-fence-on-hosts']);
    const error = await seeds({ bug: 'skipped-fence-on-host' }).catch((thrown: unknown) => thrown);
    expect(isCode(error, 'BERTH_USAGE')).to.equal(true);
    expect(String(error)).to.include('did you mean');
  });
});
