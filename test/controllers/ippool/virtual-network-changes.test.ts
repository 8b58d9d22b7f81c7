import { expect } from 'chai';
import { keyOf } from '../../../lib/calico/index.ts';
import { EXPLICIT, NetworkScenario } from './network-scenario.ts';

describe('a VirtualNetwork that is changed', () => {
  let s: NetworkScenario;
  beforeEach(() => {
    s = new NetworkScenario();
  });
  afterEach(() => s.stop());

  it('takes over what does not touch addresses, in its record, its pool and its profile', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    await s.running('web-0', ['blue']);
    await s.virtualNetwork(
      'blue',
      `${EXPLICIT.replace('10.0.0.53', '10.0.0.54')}, natOutgoing: false, allowFrom: [green, default.shop.default], mtu: 1400`,
    );
    await s.until(() => s.network('blue')?.mtu === 1400, 'the change');
    await s.settle();
    expect(s.network('blue')).to.deep.include({ dns: ['10.0.0.54'], natOutgoing: false });
    expect(s.network('blue')).to.deep.include({ allowFrom: ['green', 'default.shop.default'] });
    expect(s.calico(keyOf.pool('blue'))).to.include('"natOutgoing":false');
    expect(s.calico(keyOf.profile('blue'))).to.match(/has\(blue\).*has\(green\).*has\(default\.shop\.default\)/);
    expect(s.condition('blue', 'InSync')).to.equal(undefined);

    await s.virtualNetwork('blue', `${EXPLICIT}, addIptablesRules: false`);
    await s.until(() => s.network('blue')?.closed === false, 'the network to open');
    await s.settle();
    expect(s.calico(keyOf.profile('blue'))).to.include(
      '"ingress":[{"action":"Allow","source":{},"destination":{}}],"egress"',
    );
    expect(s.findings()).to.deep.equal([]);
  });

  for (const [what, spec, field] of [
    ['another range', 'cidr: 192.168.35.0/24', 'spec.cidr'],
    ['other blocks', 'cidr: 192.168.34.0/24, gateway: 192.168.34.1, blockSize: 28', 'spec.blockSize'],
    ['another gateway', 'cidr: 192.168.34.0/24, gateway: 192.168.34.2', 'spec.gateway'],
  ] as const)
    it(`to ${what} while something is attached stays as it was, and says what to do`, async () => {
      await s.virtualNetwork('blue', EXPLICIT);
      await s.ready('blue');
      await s.running('web-0', ['blue']);
      const before = s.network('blue');
      await s.virtualNetwork('blue', spec);
      await s.until(() => s.condition('blue', 'Accepted') === 'False Immutable', 'the refusal');
      expect(s.message('blue', 'Accepted')).to.include(field).and.include('default/shop/web-0').and.include('detach');
      await s.settle();
      expect(s.network('blue')).to.deep.equal(before);
      await s.gone('web-0');
      await s.until(() => s.condition('blue', 'Ready') === 'True Ready', 'the change');
      await s.settle();
      expect(s.network('blue')).not.to.deep.equal(before);
      expect(s.findings()).to.deep.equal([]);
    });

  it('to a name of before, deleted and put again, is another network', async () => {
    await s.virtualNetwork('blue', EXPLICIT);
    await s.ready('blue');
    const { uid } = s.network('blue')!;
    await s.remove('virtualnetworks', 'blue');
    await s.virtualNetwork('blue', EXPLICIT);
    await s.until(() => (s.network('blue')?.uid ?? uid) !== uid, 'the new network');
    await s.ready('blue');
  });
});
