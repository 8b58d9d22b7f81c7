import { expect } from 'chai';
import { docker, RealRig } from './rig.ts';

const CLOUD = 'rolling';

describe('a change of the engines’ options', function () {
  this.timeout(600_000);
  const rig = new RealRig();
  before(() => rig.start());
  after(() => rig.close(CLOUD));
  const put = (daemon: object) => rig.put(CLOUD, { location: 'sandbox', hosts: { min: 3 }, docker: { daemon } });
  const on = (host: string, ...command: string[]) => docker('exec', `berth-machine-${host}`, ...command);
  const engines = () => rig.hosts(CLOUD).map(({ name }) => on(name, 'cat', '/run/docker.pid'));
  const options = () => rig.hosts(CLOUD).map(({ name }) => on(name, 'cat', '/etc/docker/daemon.json'));
  const ready = () => rig.status(CLOUD)?.conditions.find(({ type }) => type === 'Ready');

  it('that no engine starts with stops at the first, which runs as before, and says what dockerd said', async () => {
    await put({});
    await rig.ready(CLOUD, 3);
    const [pids, before] = [engines(), options()];
    await put({ 'no-such-option': 1 });
    await rig.until('the failure to show', CLOUD, () => ready()?.reason === 'PrepareFailed');
    expect(ready()?.message).to.contain('no-such-option');
    await rig.until('all to be schedulable', CLOUD, () => rig.hosts(CLOUD).every(({ schedulable }) => schedulable));
    expect(options()).to.deep.equal(before);
    expect(engines().filter((pid, i) => pid !== pids[i])).to.have.length(1);
  });

  it('that mends it goes to one after the other, without delay', async () => {
    await put({ 'max-concurrent-downloads': 5 });
    await rig.until(
      'all to be changed',
      CLOUD,
      () => {
        return ready()?.status === 'True' && options().every((text) => text.includes('"max-concurrent-downloads": 5'));
      },
      60_000,
    );
    expect(rig.hosts(CLOUD).map(({ phase }) => phase)).to.deep.equal(['Ready', 'Ready', 'Ready']);
  });
});
