import { expect } from 'chai';
import { bugs } from './bugs.ts';
import { simulate } from './run.ts';

/** Seeds of every test run. Many more: `npm run simulate -- --seed 1 --seeds 1000 --steps 2000`. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const STEPS = 500;

/** A seed that shows each deliberate bug, and the steps it takes: what the simulation is for. */
const CAUGHT: Record<string, { seed: number; steps: number }> = {
  'address-freed-too-early': { seed: 1, steps: 500 },
  'skipped-fence-in-etcd': { seed: 1, steps: 500 },
  'skipped-fence-on-hosts': { seed: 1, steps: 800 },
  'lost-reservation': { seed: 3, steps: 500 },
};

describe('the simulation', function () {
  this.timeout(120_000);

  for (const seed of SEEDS) {
    it(`keeps every guarantee over ${STEPS} steps of seed ${seed}`, async () => {
      const { broken, deeds } = await simulate(seed, STEPS);
      expect(
        broken,
        `replay with: npm run simulate -- --seed ${seed} --steps ${STEPS}\n${deeds.slice(-20).join('\n')}`,
      ).to.deep.equal([]);
    });
  }

  it('does the same again from the same seed', async () => {
    const [first, second] = [await simulate(11, 150), await simulate(11, 150)];
    expect(second).to.deep.equal(first);
  });

  for (const bug of bugs) {
    const { seed, steps } = CAUGHT[bug.name]!;
    it(`catches a deliberate bug: ${bug.name}, by seed ${seed}`, async () => {
      const { broken } = await simulate(seed, steps, { bug });
      expect(broken.join('\n')).to.include(`guarantee ${bug.breaks}`);
    });
  }
});
