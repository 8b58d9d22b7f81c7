import { sleep, systemClock } from '../../lib/platform/index.ts';
import { type Bench, type Figure, now } from './harness.ts';
import { CLOUD, type Installation, withInstallation } from './installation.ts';
import { usage } from './program.ts';

/** Where the containers are. Hollow engines live in the process that is measured, and are counted with it. */
const WHERE = [
  { what: '100 hollow containers on 10 hosts', location: 'hollow', hosts: 10, containers: 100 },
  { what: '24 real containers on 2 sandbox machines', location: 'sandbox', hosts: 2, containers: 24 },
] as const;

/** Seconds: to settle first, then of each window, and windows. */
const SETTLE = 30;
const WINDOW = 20;
const WINDOWS = 3;

export const idle: Bench = {
  name: 'idle',
  about: `what the built program uses while nothing happens, in ${WINDOWS} windows of ${WINDOW} s`,
  async run(say) {
    const figures: Figure[] = [];
    for (const { what, location, hosts, containers } of WHERE) {
      say(what);
      figures.push(
        ...(await withInstallation(async (installation) => {
          await installation.cloud(CLOUD, { location, hosts: { min: hosts } });
          await installation.scale('shop', containers);
          return measure(what, installation);
        })),
      );
    }
    return figures;
  },
};

async function measure(what: string, { program }: Installation): Promise<Figure[]> {
  await sleep(systemClock, SETTLE * 1000);
  const cpu: number[] = [];
  const memory: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const [before, start] = [await usage(program.pid), now()];
    await sleep(systemClock, WINDOW * 1000);
    const after = await usage(program.pid);
    cpu.push((100 * (after.cpuSeconds - before.cpuSeconds)) / ((now() - start) / 1000));
    memory.push(after.residentBytes / 1e6);
  }
  return [
    { name: `resident, ${what}`, unit: 'MB', values: memory, goal: { of: 'median', atMost: 150 } },
    { name: `CPU, ${what}`, unit: '% of a core', values: cpu, goal: { of: 'median', atMost: 2 } },
  ];
}
