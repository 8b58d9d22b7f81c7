import { expect } from 'chai';
import { RealRig } from './rig.ts';

describe('hostpool with the engine of this machine', function () {
  this.timeout(120_000);
  const rig = new RealRig();
  before(() => rig.start());
  after(() => rig.close('laptop'));

  it('takes it as it is, without a shim, once', async () => {
    await rig.put('laptop', { location: 'localhost', hosts: { min: 2, max: 2 } });
    await rig.ready('laptop', 1);
    expect(rig.hosts('laptop')[0]).to.deep.include({
      engine: { kind: 'unix', path: '/var/run/docker.sock' },
      shim: false,
    });
    expect(rig.cache.list('machineclaims').map(({ id }) => id)).to.deep.equal(['localhost/localhost:0']);
    const lacks = () => rig.status('laptop')?.conditions.some(({ reason }) => reason === 'NoMachine') === true;
    await rig.until('the condition', 'laptop', lacks);
  });
});
