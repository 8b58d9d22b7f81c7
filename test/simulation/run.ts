import { brokenAtRest, leaked } from '../invariants/index.ts';
import { draw } from './deeds.ts';
import { hostsBroken } from './hosts.ts';
import { deleteEverything } from './users.ts';
import { World, type WorldOptions } from './world.ts';

export interface Outcome {
  seed: number;
  /** Broken invariants, in words, with the virtual time. Empty: the seed holds. */
  broken: string[];
  /** What was done, with the virtual time: to read beside what broke. */
  deeds: string[];
  revisions: number;
  deaths: number;
  virtualSeconds: number;
}

const MINUTE = 60_000;
/** The longest that the world may take to come to rest: time-outs, hosts declared lost, replaced and filled. */
const REST = 20 * MINUTE;
/** The longest pause between two deeds, milliseconds. Most are short, so that deeds meet. */
const PAUSES = [0, 1, 5, 20, 100, 500, 2000, 5000];

/**
 * One whole run from a seed: `steps` deeds with pauses between them, every invariant checked at every change; then
 * fate rests and everything must come to be as declared; then the user deletes everything and nothing may be left.
 */
export async function simulate(seed: number, steps: number, options: WorldOptions = {}): Promise<Outcome> {
  const remove = options.bug?.install?.();
  try {
    return await run(seed, steps, options);
  } finally {
    remove?.();
  }
}

async function run(seed: number, steps: number, options: WorldOptions): Promise<Outcome> {
  const world = new World(seed, options);
  const done: string[] = [];
  const say = (what: string) => {
    done.push(`${world.clock.monotonic()} ms: ${what}`);
    options.tell?.(`${world.clock.monotonic()} ms DEED ${what}`);
  };

  await world.advance(5000);
  for (let step = 0; step < steps && world.broken.length === 0; step++) {
    const deed = draw(world);
    // Deeds go through the store, whose messages take virtual time.
    const doing = Promise.resolve(deed.do(world)).then((what) => say(`${deed.name}: ${what}`));
    await world.advance(1 + PAUSES[Math.floor(world.random.next() * PAUSES.length)]! * world.random.next());
    await world.finish(doing);
  }

  if (world.broken.length === 0) {
    say('fate rests');
    world.heal();
    await world.finish(world.foreign.giveBack());
    const wrong = () => [
      ...brokenAtRest(world.ledger),
      ...world.names.broken(world.ledger),
      ...hostsBroken(world.ledger, world.hollow.machines.values()),
    ];
    await world.rest(wrong, REST, 'at rest');
  }
  if (world.broken.length === 0) {
    say('the user deletes everything');
    await world.finish(Promise.all([deleteEverything(world), world.foreign.leave()]));
    await world.rest(() => leaked(world.ledger), REST, 'after everything was deleted');
  }
  return {
    seed,
    broken: world.broken,
    deeds: done,
    revisions: world.etcd.revision,
    deaths: world.deaths,
    virtualSeconds: Math.round(world.clock.monotonic() / 1000),
  };
}
