import { expect } from 'chai';
import { Rig } from './rig.ts';

describe('hostpool, when a process that led leads again', () => {
  const rig = new Rig();
  after(() => rig.stop());

  it('probes also the host that it was asking when it lost the lead', async () => {
    rig.start();
    await rig.cloud('c', { hosts: { min: 1, max: 1 } });
    await rig.ready('c', 1);
    const [machine] = rig.hollow.machines.values();
    machine!.reachable = false;
    // By now it waits for an answer.
    await rig.clock.advance(12_000);
    await rig.delete('leaders', 'hostpool');
    await rig.clock.advance(1000);
    machine!.reachable = true;
    await rig.clock.until(() => rig.cache.get('leaders', 'hostpool') !== undefined, 60_000, 'a new lead');
    await rig.clock.advance(30_000);

    machine!.reachable = false;
    await rig.clock.advance(40_000);
    expect(rig.hosts('c')[0]!.schedulable).to.equal(false);
  });
});
