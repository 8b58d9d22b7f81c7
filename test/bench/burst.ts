import { createAndStart, expectAnswer } from './bare.ts';
import { inFlight } from './etcd.ts';
import { type Bench, settle, timed } from './harness.ts';
import { CLOUD, engineOf, withInstallation } from './installation.ts';

const RUNS = 5;
const MORE = 24;
/** As many as the container controller starts, and as an engine gains from (engineering.md §9). */
const AT_ONCE = 8;
const APP = 'shop';

export const burst: Bench = {
  name: 'burst',
  about: `${MORE} replicas more on one sandbox machine, from the put to the record that the last one runs with its address`,
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
        for (let run = 1; run <= RUNS; run++) {
          await settle();
          const mine = await scale(APP, 1 + MORE);
          for (const { value } of running(APP)) await expectAnswer(engine, value.id);
          await scale(APP, 1);

          const ids: string[] = [];
          const starts = Array.from({ length: MORE }, (_, i) => async () => {
            ids.push(await createAndStart(engine, `bare-${run}-${i}`));
          });
          await settle();
          const theirs = await timed(() => inFlight(starts, AT_ONCE));
          const removals = ids.map((id) => async () => {
            await expectAnswer(engine, id);
            await engine.remove(id);
          });
          await inFlight(removals, AT_ONCE);
          say(`run ${run} of ${RUNS}: ${Math.round(mine)} ms, bare ${Math.round(theirs)} ms`);
          ours.push(mine);
          bare.push(theirs);
        }
        return [
          {
            name: `${MORE} replicas more, put to running`,
            unit: 'ms',
            values: ours,
            against: { name: `create and start on a bridge, ${AT_ONCE} at a time`, values: bare },
            goal: { of: 'ratio', atMost: 0.8 },
          },
        ];
      } finally {
        engine.close();
      }
    }),
};
