import { expect } from 'chai';
import { keyOf } from '../../../lib/calico/index.ts';
import { keys } from '../../lib/reconcile/support.ts';
import { EXPLICIT, NetworkScenario } from './network-scenario.ts';

describe('a VirtualNetwork whose pool somebody else changed', () => {
  let s: NetworkScenario;
  beforeEach(() => {
    s = new NetworkScenario();
  });
  afterEach(() => s.stop());

  for (const [what, from, to, said] of [
    ['disabled', '"blockSize":26', '"disabled":true,"blockSize":26', 'disabled is true'],
    ['NAT', '"natOutgoing":true', '"natOutgoing":false', 'natOutgoing is false'],
    ['selector', '"all()"', '"has(x)"', 'nodeSelector is "has(x)"'],
    ['encapsulation', '"vxlanMode":"Never"', '"vxlanMode":"Always"', 'vxlanMode is "Always"'],
  ] as const)
    it(`has it back as it was, and says so: ${what}`, async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await s.ready('blue');
      const before = s.calico(keyOf.pool('blue'));
      await s.edit(keyOf.pool('blue'), from, to);
      await s.until(() => s.condition('blue', 'InSync') === 'True Restored', 'the condition');
      await s.settle();
      expect(s.message('blue', 'InSync')).to.include(`IP pool blue: ${said}: set right`);
      expect(s.calico(keyOf.pool('blue'))).to.equal(before);
      expect(s.condition('blue', 'Ready')).to.equal('True Ready');
    });

  it('or deleted gets another one like it', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    await s.running('web-0', ['blue']);
    await s.remove('calico', keyOf.pool('blue'));
    await s.until(() => s.calico(keyOf.pool('blue')) !== undefined, 'the pool');
    await s.settle();
    expect(s.message('blue', 'InSync')).to.include('IP pool blue was deleted');
    expect(s.network('blue')).to.include({ used: 1 });
    expect(s.findings()).to.deep.equal([]);
  });

  it('or deleted, in the moment when it is to have another, gets both', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    const pool = keys.key('calico', keyOf.pool('blue'));
    const more = { put: keys.key('virtualnetworks', 'blue'), value: `spec: {${EXPLICIT}, pools: [192.168.99.0/29]}` };
    await s.world.settle(s.world.kv.txn({ compare: [], then: [{ delete: pool }, more] }));
    await s.until(() => s.network('blue')?.ranges?.length === 2, 'the other range');
    await s.settle();
    const cidrs = ['blue', 'blue-2'].map((name) => JSON.parse(s.calico(keyOf.pool(name)) ?? '{}').spec?.cidr);
    expect(cidrs).to.deep.equal(s.network('blue')?.ranges);
  });

  it('and whose profile, too', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    const before = s.calico(keyOf.profile('blue'));
    await s.edit(keyOf.profile('blue'), 'has(blue)', 'all()');
    await s.settle();
    expect(s.calico(keyOf.profile('blue'))).to.equal(before);
  });
});
