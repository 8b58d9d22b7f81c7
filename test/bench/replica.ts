import { createAndStart, expectAnswer } from './bare.ts';
import { type Bench, settle, timed } from './harness.ts';
import { CLOUD, engineOf, withInstallation } from './installation.ts';

const RUNS = 15;
const APP = 'shop';

export const replica: Bench = {
  name: 'replica',
  about: 'one replica more on a sandbox machine, from its put to the record that it runs with its address',
  run: (say) =>
    withInstallation(async (installation) => {
      const { cloud, scale, running } = installation;
      say('makes a machine');
      await cloud(CLOUD, { location: 'sandbox', hosts: { min: 1 } });
      const engine = await engineOf(installation);
      try {
        say('pulls the image');
        await scale(APP, 1);
        const ours: number[] = [];
        const bare: number[] = [];
        for (let run = 0; run <= RUNS; run++) {
          const before = new Set(running(APP).map(({ value }) => value.id));
          await settle();
          const mine = await scale(APP, 2);
          for (const { value } of running(APP)) if (!before.has(value.id)) await expectAnswer(engine, value.id);
          await scale(APP, 1);

          let id = '';
          await settle();
          const theirs = await timed(async () => {
            id = await createAndStart(engine, `bare-${run}`);
          });
          await expectAnswer(engine, id);
          await engine.remove(id);
          // The first one warms up.
          if (run === 0) continue;
          say(`run ${run} of ${RUNS}: ${Math.round(mine)} ms, bare ${Math.round(theirs)} ms`);
          ours.push(mine);
          bare.push(theirs);
        }
        return [
          {
            name: 'one replica more, put to running',
            unit: 'ms',
            values: ours,
            against: { name: 'create and start on a bridge', values: bare },
            goal: { of: 'ratio', atMost: 1.2 },
          },
        ];
      } finally {
        engine.close();
      }
    }),
};
