import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { integer, seededRandom } from '../../../lib/platform/index.ts';
import { Installation } from '../../harness/berth.ts';
import { docker } from '../../harness/docker.ts';
import { until } from '../../harness/until.ts';

/** How often controllers are killed. The full run has 50. */
const KILLS = Number(process.env.BERTH_KILLS ?? 8);
/** Draws the moments; what the machine makes of them no seed can fix. */
const SEED = Number(process.env.BERTH_SEED ?? Date.now() % 1_000_000);
/** Milliseconds between two kills at most: a dead leader keeps the lead for 15 s, so most die before anybody takes over … */
const GAP = 3000;
/** … but now and then, when there is time for it. */
const respite = (i: number): number => (i % 8 === 4 ? 16_000 : 0);
const FEW = 3;
const MANY = 12;

const CLOUD = `
apiVersion: berth/v1
kind: DockerCloud
metadata: { name: c }
spec: { location: sandbox, hosts: { min: 3, max: 4 }, placement: { strategies: [leastContainers] } }
`;
const shop = (replicas: number): string =>
  `location: c\nservices:\n- { id: web, type: docker:redis:3, replicas: ${replicas}, stopGrace: 1s, directPorts: [] }\n`;

describe(`controllers that are killed ${KILLS} times (BERTH_SEED=${SEED})`, function () {
  this.timeout(300_000 + KILLS * 20_000);
  const random = seededRandom(SEED);
  let berth: Installation;
  let clean: Awaited<ReturnType<Installation['footprint']>>;

  before(async () => {
    berth = await Installation.start({ replicas: 2 });
    await berth.put('dockerclouds/c', CLOUD);
    await berth.ready('dockerclouds', 'c');
    clean = await berth.footprint();
  });

  after(() => berth?.close());

  it(`hold every invariant at every sample while an application grows from ${FEW} to ${MANY} and shrinks again`, async () => {
    await berth.put('applications/default/shop', shop(FEW));
    const middle = Math.ceil((KILLS + 1) / 2);
    let starting: Promise<unknown> = Promise.resolve();
    // In the middle nobody is killed, so that it does grow to the full.
    for (let i = 1; i <= KILLS + 1; i++) {
      await Promise.all([starting, sampleFor(respite(i) + integer(random, GAP))]);
      await berth.put('applications/default/shop', shop(sizeAt(i, middle)));
      if (i === middle) {
        await starting;
        await berth.rest();
        expect((await berth.details()).size).to.equal(MANY);
        continue;
      }
      await sampleFor(integer(random, 2000));
      // Now and then both, so that nobody is left to take over.
      const victims = random.next() < 0.25 ? [...berth.replicas] : [berth.replicas[integer(random, 2)]!];
      await Promise.all(victims.map((victim) => berth.kill(victim)));
      starting = Promise.all(victims.map(() => berth.startReplica()));
    }
    await starting;
    await berth.ready('applications', 'default/shop');
    await berth.rest();
    expect(await berth.witness.sample()).to.deep.equal([]);
    expect((await berth.details()).size).to.equal(FEW);
  });

  it('run the containers of a machine that was restarted again, once, as they were', async () => {
    const [first] = await berth.list('assignments');
    const before = (await berth.list('assignments')).map(({ id, value }) => [id, value.uid]);
    const machine = (await berth.machines()).find(({ host }) => first!.id.startsWith(`${host}/`));
    await docker('restart', '--time', '1', machine!.id);
    await until('its containers to run again', async () => {
      await berth.witness.sample();
      return (await machine!.sh('docker ps --quiet')) !== '';
    });
    await berth.rest();
    expect((await berth.list('assignments')).map(({ id, value }) => [id, value.uid])).to.deep.equal(before);
    expect(await berth.witness.sample()).to.deep.equal([]);
  });

  it('leave nothing when it is deleted', async () => {
    await berth.delete('applications/default/shop');
    await until('its end', async () => !(await berth.get('accepted/applications', 'default/shop')));
    expect(await berth.footprint()).to.deep.equal(clean);
  });

  it('run the containers of a machine that was removed elsewhere, once', async () => {
    await berth.put('applications/default/shop', shop(FEW));
    await berth.ready('applications', 'default/shop');
    const [first] = await berth.list('assignments');
    const machine = (await berth.machines()).find(({ host }) => first!.id.startsWith(`${host}/`));
    await docker('rm', '--force', '--volumes', machine!.id);
    await until('its record to go', async () => {
      await berth.witness.sample();
      return !(await berth.get('hosts', `c/${machine!.host}`));
    });
    await berth.ready('applications', 'default/shop');
    await berth.rest();
    expect((await berth.details()).size).to.equal(FEW);
    expect(await berth.witness.sample()).to.deep.equal([]);
  });

  /** Samples, back to back, for about so long. */
  async function sampleFor(ms: number): Promise<void> {
    const end = performance.now() + ms;
    do {
      expect(await berth.witness.sample()).to.deep.equal([]);
      await pause(Math.min(100, Math.max(0, end - performance.now())));
    } while (performance.now() < end);
  }
});

/** Up until `middle`, then down again to where it began. */
const sizeAt = (i: number, middle: number): number =>
  FEW + Math.round((MANY - FEW) * (i <= middle ? i / middle : (KILLS + 1 - i) / (KILLS + 1 - middle)));
