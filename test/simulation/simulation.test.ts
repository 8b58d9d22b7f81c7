import { expect } from 'chai';
import { bugs } from './bugs.ts';
import { simulate } from './run.ts';

/** Seeds of every test run. Many more: `npm run simulate -- --seed 1 --seeds 1000 --steps 2000`. */
const SEEDS = [1, 2, 3, 4, 5, 6];
const STEPS = 400;

/** A deliberate bug has to be caught by one of so many seeds; which one it is changes with every change of the code. */
const TRIES = 25;

describe('the simulation', function () {
  this.timeout(300_000);

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
    it(`catches a deliberate bug: ${bug.name}`, async () => {
      const caught: string[] = [];
      for (let seed = 1; seed <= TRIES && caught.length === 0; seed++) {
        const { broken } = await simulate(seed, bug.steps ?? STEPS, { bug });
        if (broken.some((what) => what.includes(`guarantee ${bug.breaks},`))) caught.push(`by seed ${seed}`);
      }
      expect(caught).to.have.length(1);
    });
  }
});
