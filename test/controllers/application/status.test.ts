import { expect } from 'chai';
import { assess, type Situation } from '../../../controllers/application/status.ts';
import { type CloudState, plan } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec } from '../../../lib/records/index.ts';
import { application, service, World } from '../../lib/blueprint/fixtures.ts';

const spec = application(service('db'), service('web', { replicas: 2, links: [{ alias: 'db', service: 'db' }] }));
const webAt = (image: string): ApplicationSpec => ({
  ...spec,
  services: spec.services.map((one) => (one.id === 'web' ? { ...one, image } : one)),
});

/** What the status says of a world as it stands. */
function look(
  world: World,
  {
    cloud = 'accepted',
    of = spec,
    hasRun = false,
  }: { cloud?: CloudState; of?: ApplicationSpec; hasRun?: boolean } = {},
) {
  const snapshot = world.snapshot();
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
      '2 of 3 containers are up',
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
});
