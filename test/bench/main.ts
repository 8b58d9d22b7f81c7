/** `npm run bench -- [--only events,writes] [--out file] [--list]` */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../lib/errors/index.ts';
import { addresses } from './addresses.ts';
import { attach } from './attach.ts';
import { burst } from './burst.ts';
import { events } from './events.ts';
import { type Bench, interrupted } from './harness.ts';
import { idle } from './idle.ts';
import { list } from './list.ts';
import { reconcile } from './reconcile.ts';
import { replica } from './replica.ts';
import { asJson, type Measured, machine, table } from './report.ts';
import { writes } from './writes.ts';

const benches: readonly Bench[] = [
  list, //      a cache is filled
  events, //    and follows what happens
  reconcile, // which wakes a controller
  writes, //    which writes, guarded
  addresses, // and networks and addresses are given out
  replica, //   until a container runs
  attach, //  on a network
  burst, //     or many at once
  idle, //      and what it costs when nothing happens
];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    out: { type: 'string', default: '.cache/bench-results.json' },
    list: { type: 'boolean', default: false },
  },
});

if (flags.list) for (const { name, about } of benches) console.log(`${name.padEnd(10)} ${about}`);
else process.exitCode = await measure(chosen(flags.only), resolve(flags.out));

function chosen(only: string | undefined): readonly Bench[] {
  if (only === undefined) return benches;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) throw new Error(`${unknown}? one of ${benches.map(({ name }) => name).join(', ')}`);
  return benches.filter(({ name }) => names.includes(name));
}

/** @returns 1 where something could not be measured; a goal that is missed is a result like any other */
async function measure(which: readonly Bench[], out: string): Promise<number> {
  const measured: Measured[] = [];
  const ending = interrupted();
  for (const { name, about, run } of which) {
    if (ending.aborted) break;
    // A bench says something before each run: so that is where it ends when it should.
    const say = (progress: string) => {
      ending.throwIfAborted();
      process.stderr.write(`${name}: ${progress}\n`);
    };
    say(about);
    try {
      measured.push({ bench: name, about, figures: await run(say) });
    } catch (error) {
      process.stderr.write(`${name}: ${messageOf(error)}\n`);
      measured.push({ bench: name, about, figures: [], failure: messageOf(error) });
    }
  }
  const { cpus, cpu, node, etcd, docker, load } = machine();
  console.log(
    `\n${cpus} × ${cpu}, Node ${node}, etcd ${etcd} with fsync, Docker ${docker}, load ${load?.toFixed(1)}\n`,
  );
  process.stdout.write(table(measured));
  const failures = measured.filter(({ failure }) => failure !== undefined);
  for (const { bench, failure } of failures) console.log(`${bench} could not be measured: ${failure}`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, asJson(new Date(), measured));
  console.log(`\nevery value: ${out}`);
  return failures.length > 0 ? 1 : 0;
}
