import { expect } from 'chai';
import { OptionsRefused, prepare, StepFailed } from '../../../../controllers/hostpool/prepare/index.ts';
import { VirtualClock } from '../../../../lib/simulation/index.ts';
import { FakeMachine, machineOf, spec } from './fake.ts';

const DAEMON = '/etc/docker/daemon.json';
const bad = { spec: { ...spec, docker: { ...spec.docker, insecureRegistries: ['::::'] } } };
const good = { spec: { ...spec, docker: { ...spec.docker, insecureRegistries: ['h:5000'] } } };

describe('options that an engine does not start with', () => {
  let fake: FakeMachine;
  let clock: VirtualClock;
  beforeEach(() => {
    fake = new FakeMachine();
    fake.refuses = '::::';
    clock = new VirtualClock();
  });
  afterEach(() => fake.dispose());

  const outcome = async (more: object) => prepare(await machineOf(fake, clock, more)).catch((error: unknown) => error);

  /** For an engine that is waited for. */
  const later = async (more: object) => {
    let result: unknown;
    outcome(more).then((value) => {
      result = value;
    });
    await clock.until(() => result !== undefined, 300_000);
    return result;
  };

  for (const [who, notices] of [
    ['whoever starts it notices', true],
    ['nobody notices but us', false],
  ] as const)
    it(`give way to the former ones, with what dockerd said, when ${who}`, async () => {
      await prepare(await machineOf(fake, clock));
      const before = fake.files.get(DAEMON);
      fake.notices = notices;
      const error = await later(bad);
      expect(error).to.be.instanceOf(StepFailed).with.property('cause').instanceOf(OptionsRefused);
      expect(error).to.have.nested.property('cause.message').that.contains('failed to start daemon: :::: is not valid');
      expect(fake.files.get(DAEMON)).to.equal(before);
      expect(fake.running).to.equal(true);
    });

  it('do so wherever the change is cut off', async () => {
    await prepare(await machineOf(fake, clock));
    const before = fake.files.get(DAEMON);
    const first = fake.changes.length;
    await outcome(bad);
    const changes = fake.changes.length - first;
    expect(changes).to.be.greaterThan(3);
    for (let cut = 0; cut < changes; cut++) {
      fake.failAt = fake.changes.length + cut;
      await outcome(bad);
      fake.failAt = Number.POSITIVE_INFINITY;
      expect(await outcome(bad), `cut at ${cut}`)
        .to.have.property('cause')
        .instanceOf(OptionsRefused);
      expect(fake.files.get(DAEMON)).to.equal(before);
      expect(fake.running).to.equal(true);
    }
  });

  it('are followed by those that it starts with', async () => {
    await prepare(await machineOf(fake, clock));
    await outcome(bad);
    expect(await outcome(good)).to.deep.equal(['DaemonOptions', 'EngineRunning', 'ProvenOptions']);
    expect(fake.files.get(DAEMON)).to.contain('h:5000');
  });

  it('are told as they are where there were none before', async () => {
    const error = await outcome(bad);
    expect(error).to.have.property('cause').not.instanceOf(OptionsRefused);
    expect(fake.running).to.equal(false);
  });
});
