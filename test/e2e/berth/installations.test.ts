import { expect } from 'chai';
import { Installation } from '../../harness/berth.ts';
import { docker } from '../../harness/docker.ts';
import { until } from '../../harness/until.ts';

const CLOUD = 'apiVersion: berth/v1\nkind: DockerCloud\nspec: { location: sandbox, hosts: { min: 1, max: 1 } }\n';
const APPLICATION = 'location: c\nservices:\n- { id: web, type: docker:redis:3, stopGrace: 1s, directPorts: 6379 }\n';

describe('two installations on one Docker Engine', function () {
  this.timeout(180_000);
  const both: Installation[] = [];

  before(async () => {
    for (let i = 0; i < 2; i++) both.push(await Installation.start());
    // The same names, to the letter.
    for (const berth of both) {
      await berth.put('dockerclouds/c', CLOUD);
      await berth.put('applications/default/shop', APPLICATION);
    }
    for (const berth of both) await berth.ready('applications', 'default/shop');
  });

  after(() => Promise.all(both.map((berth) => berth.close())));

  it('do not notice when the other is deleted', async () => {
    const [staying, going] = [both[0]!, both[1]!];
    await Promise.all(both.map((berth) => berth.rest()));
    const before = { containers: await staying.whatRuns(), machines: await machinesOf(staying) };
    expect(before.containers).to.have.length(1);
    expect(before.machines).to.not.equal(await machinesOf(going));

    await going.delete('applications/default/shop');
    await going.delete('dockerclouds/c');
    await until('nothing to be left of it', async () => (await going.leftovers()).length === 0, {
      explain: () => going.leftovers(),
    });
    expect(await going.machines()).to.deep.equal([]);

    await staying.rest();
    expect({ containers: await staying.whatRuns(), machines: await machinesOf(staying) }).to.deep.equal(before);
    for (const { witness } of both) expect(await witness.sample()).to.deep.equal([]);
  });

  /** Id, process and start of each machine's container. */
  const machinesOf = async (berth: Installation): Promise<string> => {
    const ids = (await berth.machines()).map(({ id }) => id);
    return docker('inspect', '--format', '{{.Id}} {{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}', ...ids);
  };
});
