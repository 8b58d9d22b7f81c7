import { expect } from 'chai';
import { assess, type Situation } from '../../../controllers/application/status.ts';
import { type CloudState, plan, type Snapshot } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec, ObservedRecord } from '../../../lib/records/index.ts';
import { application, service, World } from '../../lib/blueprint/fixtures.ts';

const spec = application(service('db'), service('web', { replicas: 2, links: [{ alias: 'db', service: 'db' }] }));
const webAt = (image: string): ApplicationSpec => ({
  ...spec,
  services: spec.services.map((one) => (one.id === 'web' ? { ...one, image } : one)),
});

/** By name of the container: what is observed of it beside what the world says. */
type Seen = Record<string, Partial<ObservedRecord>>;

const witnessed = (snapshot: Snapshot, seen: Seen): Snapshot => ({
  ...snapshot,
  containers: new Map(
    [...snapshot.containers].map(([name, container]) => [
      name,
      {
        ...container,
        incarnations: container.incarnations.map(({ observed, ...rest }) => ({
          ...rest,
          ...(observed && { observed: { ...observed, ...seen[name] } }),
        })),
      },
    ]),
  ),
});

/** What the status says of a world as it stands. */
function look(
  world: World,
  {
    cloud = 'accepted',
    of = spec,
    hasRun = false,
    seen = {},
  }: { cloud?: CloudState; of?: ApplicationSpec; hasRun?: boolean; seen?: Seen } = {},
) {
  const snapshot = witnessed(world.snapshot(), seen);
  const situation: Situation = { spec: of, snapshot, plan: plan(of, snapshot, { cloud }), cloud, hasRun };
  const { phase, conditions, containers } = assess(situation);
  const [ready, progressing] = conditions;
  return { phase, containers, ready, progressing };
}

const settled = () => {
  const world = new World();
  world.settle(spec);
  return world;
};

describe('assess', () => {
  const table: [
    what: string,
    world: () => World,
    options: Parameters<typeof look>[1],
    phase: string,
    reason: string,
    words: string,
  ][] = [
    ['nothing yet', () => new World(), {}, 'Pending', 'Starting', '0 of 3 containers are up; web waits for db'],
    ['all up', settled, {}, 'Running', 'Ready', ''],
    [
      'no cloud and nothing there',
      () => new World(),
      { cloud: 'missing' },
      'Pending',
      'NotFound',
      '“my-docker-cloud” does not exist',
    ],
    ['no cloud any more', settled, { cloud: 'missing' }, 'Degraded', 'NotFound', 'does not exist'],
    ['a cloud that goes', settled, { cloud: 'deleting' }, 'Degraded', 'CloudDeleting', 'is being deleted'],
    [
      'one down that ran',
      () => {
        const world = settled();
        world.set('web-1', { state: 'exited' });
        return world;
      },
      { hasRun: true },
      'Degraded',
      'Starting',
      '2 of 3 containers are up; web-1: exited',
    ],
    [
      'one that the engine starts again and again',
      settled,
      { seen: { 'web-1': { state: 'restarting', exitCode: 3 } } },
      'Deploying',
      'Starting',
      '2 of 3 containers are up; web-1: restarting (3)',
    ],
    [
      'one that ended, with the engine’s own words',
      settled,
      { seen: { 'web-1': { state: 'exited', exitCode: 127, message: 'exec: "wen": not found' } } },
      'Deploying',
      'Starting',
      'web-1: exited (127): exec: "wen": not found',
    ],
    [
      'one unhealthy',
      () => {
        const world = settled();
        world.set('web-1', { state: 'running', health: 'unhealthy' });
        return world;
      },
      { hasRun: true },
      'Degraded',
      'Starting',
      'web-1: unhealthy',
    ],
    [
      'one on a lost host',
      () => {
        const world = settled();
        world.lose('web-0');
        return world;
      },
      { hasRun: true },
      'Degraded',
      'Starting',
      'web-0: its host h-1 is lost',
    ],
    [
      'a change under way',
      () => {
        const world = settled();
        world.step(webAt('web:2'));
        return world;
      },
      { of: webAt('web:2') },
      'Deploying',
      'Updating',
      'web-0 is being replaced; 1 more will be replaced',
    ],
    [
      'a dependent whose target is away',
      () => {
        const world = settled();
        world.unassign('db-0');
        return world;
      },
      { hasRun: true },
      'Degraded',
      'Starting',
      'web waits for db',
    ],
  ];
  for (const [what, world, options, phase, reason, words] of table) {
    it(`says ${phase} (${reason}) of ${what}`, () => {
      const { phase: found, ready } = look(world(), options);
      expect(found).to.equal(phase);
      expect(ready).to.include({ status: reason === 'Ready' ? 'True' : 'False', reason });
      expect(ready?.message).to.contain(words);
    });
  }

  it('counts what is wanted, assigned and running', () => {
    const world = settled();
    world.unassign('web-0');
    world.place('web-1');
    expect(look(world).containers).to.deep.equal({ wanted: 3, assigned: 2, running: 1 });
  });

  it('names the first few of many', () => {
    const many = application(
      ...Array.from({ length: 9 }, (_, i) => service(`s${i}`, { links: [{ alias: 'db', service: 'db' }] })),
      service('db'),
    );
    const { ready } = look(new World(), { of: many });
    expect(ready?.message).to.contain('s2 waits for db; 6 more likewise').and.not.to.contain('s3');
  });

  it('is content with a service of no containers', () => {
    const none = application(service('db', { replicas: 0 }));
    const world = new World();
    world.step(none);
    expect(look(world, { of: none })).to.deep.include({
      phase: 'Running',
      containers: { wanted: 0, assigned: 0, running: 0 },
    });
  });

  describe('of a container that ended', () => {
    type Restart = ApplicationSpec['services'][number]['restart'];
    const ended = (restart: Restart, seen: Partial<ObservedRecord>, change = (_: World) => {}) => {
      const job = application(service('once', { restart }), service('web'));
      const world = new World();
      world.settle(job);
      change(world);
      return look(world, { of: job, seen: { 'once-0': { state: 'exited', ...seen } } });
    };

    for (const restart of ['no', 'on-failure'] as const) {
      it(`is content where it was to run once (${restart}) and succeeded`, () => {
        const { phase, ready, containers } = ended(restart, { exitCode: 0 });
        expect(phase).to.equal('Running');
        expect(ready).to.include({ status: 'True', reason: 'Ready', message: 'once-0: exited (0)' });
        expect(containers).to.deep.equal({ wanted: 2, assigned: 2, running: 1 });
      });

      it(`names it where it was to run once (${restart}) and failed`, () => {
        const { ready } = ended(restart, { exitCode: 1 });
        expect(ready).to.include({ status: 'False', message: '1 of 2 containers are up; once-0: exited (1)' });
      });
    }

    for (const restart of ['always', 'unless-stopped'] as const) {
      it(`names it where it was to run on (${restart}), however it ended`, () => {
        const { ready } = ended(restart, { exitCode: 0 });
        expect(ready).to.include({ status: 'False', message: '1 of 2 containers are up; once-0: exited (0)' });
      });
    }

    it('does not take for done what was stopped, what ended of an older incarnation, or what its host lost', () => {
      const lose = (world: World) => world.lose('once-0');
      for (const { ready } of [
        ended('no', { exitCode: 0, stopped: true }),
        ended('no', { exitCode: 0, uid: 'older' }),
        ended('no', { exitCode: 0 }, lose),
      ]) {
        expect(ready).to.include({ status: 'False' });
      }
    });

    it('counts it as complete beside what is not up yet', () => {
      const job = application(service('once', { restart: 'no' }), service('web'));
      const world = new World();
      world.settle(job);
      const { ready } = look(world, {
        of: job,
        seen: { 'once-0': { state: 'exited', exitCode: 0 }, 'web-0': { state: 'created' } },
      });
      expect(ready?.message).to.equal('0 of 2 containers are up, 1 is complete');
    });
  });
});
