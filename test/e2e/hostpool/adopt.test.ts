import { expect } from 'chai';
import { docker, RealRig } from './rig.ts';

const CLOUD = 'adopting';

describe('a sandbox machine whose host record somebody deleted', function () {
  this.timeout(300_000);
  const rig = new RealRig();
  before(() => rig.start());
  after(() => rig.close(CLOUD));

  it('gets it again while anything is on it, and goes on as it was', async () => {
    await rig.put(CLOUD, { location: 'sandbox', hosts: { min: 1 } });
    await rig.ready(CLOUD, 1);
    const { name, machineId, prepared } = rig.hosts(CLOUD)[0]!;
    const started = () => docker('exec', `berth-machine-${name}`, 'cat', '/run/docker.pid');
    const before = started();
    const observed = {
      uid: 'u'.repeat(20),
      state: 'running',
      id: 'x',
      image: 'i',
      addresses: {},
      ports: {},
      restarts: 0,
    };
    await rig.tamper('observed', `${name}/default/shop/web-0`, observed);
    try {
      await rig.tamper('hosts', `${CLOUD}/${name}`);
      await rig.until('its return', CLOUD, () =>
        rig.hosts(CLOUD).some((host) => host.name === name && host.prepared === prepared && host.schedulable),
      );
      expect(rig.hosts(CLOUD).find((host) => host.name === name)?.machineId).to.equal(machineId);
      expect(started()).to.equal(before);
    } finally {
      // No host goes while something is observed on it.
      await rig.tamper('observed', `${name}/default/shop/web-0`);
    }
  });
});
