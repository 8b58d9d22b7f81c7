import { expect } from 'chai';
import { Rig } from './rig.ts';

const assignment = {
  ...{ uid: 'u'.repeat(20), cloud: 'c', spec: 's', containerRevision: 1 },
  reserved: { cpus: 0, memory: 0, ports: [] },
  because: { by: 'test', of: 1, rejected: {}, revision: 1 },
};
const observed = { uid: 'u'.repeat(20), state: 'running', id: 'x', image: 'i', addresses: {}, ports: {}, restarts: 0 };

describe('a host whose record somebody deleted', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = new Rig();
    rig.start();
    await rig.cloud('c', { hosts: { min: 3, max: 4 } });
    await rig.ready('c', 3);
    await rig.clock.advance(20_000);
  });
  afterEach(() => rig.stop());

  const hostNames = () => rig.hosts('c').map(({ name }) => name);

  it('gets it again under its name, and is ready, while anything is on it', async () => {
    const name = hostNames()[0]!;
    const machine = rig.hollow.machines.get(name);
    await rig.put('assignments', `${name}/default/shop/web-0`, assignment);
    await rig.put('observed', `${name}/default/shop/web-0`, observed);
    await rig.delete('hosts', `c/${name}`);
    const back = () => rig.hosts('c').some((host) => host.name === name && host.schedulable);
    await rig.clock.until(back, 30_000, 'its return');
    expect(rig.hollow.machines.get(name)).to.equal(machine);
    // The one that was made in its place goes again, since it is empty.
    await rig.clock.advance(60_000);
    expect(hostNames()).to.have.length(3).and.include(name);
    expect([...rig.hollow.machines.keys()].sort()).to.deep.equal(hostNames());
  });

  it('gets it again and is lost where its machine does not answer, so that what was there moves', async () => {
    const name = hostNames()[0]!;
    await rig.put('assignments', `${name}/default/shop/web-0`, assignment);
    rig.hollow.machines.get(name)!.reachable = false;
    await rig.delete('hosts', `c/${name}`);
    const lost = () => rig.hosts('c').some((host) => host.name === name && host.lost && !host.schedulable);
    await rig.clock.until(lost, 120_000, 'its loss');
    await rig.ready('c', 3);
    rig.hollow.machines.get(name)!.reachable = true;
    const back = () => rig.hosts('c').some((host) => host.name === name && host.schedulable);
    await rig.clock.until(back, 120_000, 'its return');
    expect(rig.hosts('c').find((host) => host.name === name)?.capacity.cpus).to.be.greaterThan(0);
  });

  it('is gone with its machine when nothing is on it', async () => {
    const name = hostNames()[0]!;
    await rig.delete('hosts', `c/${name}`);
    await rig.clock.advance(60_000);
    await rig.ready('c', 3);
    expect(hostNames()).to.not.include(name);
    expect([...rig.hollow.machines.keys()].sort()).to.deep.equal(hostNames());
  });

  it('stays without one when its machine is gone, too', async () => {
    const name = hostNames()[0]!;
    await rig.put('observed', `${name}/default/shop/web-0`, observed);
    rig.hollow.lose(name);
    await rig.delete('hosts', `c/${name}`);
    await rig.clock.advance(60_000);
    expect(hostNames()).to.have.length(3).and.not.include(name);
  });

  it('comes back also where all records were deleted, and nothing is made twice', async () => {
    const names = hostNames();
    for (const name of names) await rig.put('observed', `${name}/default/shop/web-0`, observed);
    for (const name of names) await rig.delete('hosts', `c/${name}`);
    await rig.clock.advance(120_000);
    expect(hostNames()).to.deep.equal(names);
    expect([...rig.hollow.machines.keys()].sort()).to.deep.equal(names);
  });
});
