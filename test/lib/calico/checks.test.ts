import { expect } from 'chai';
import { checkMetadata, checkPool, type IPPoolSpec } from '../../../lib/calico/index.ts';

const sound: IPPoolSpec = {
  cidr: '10.60.0.0/16',
  blockSize: 26,
  ipipMode: 'Never',
  vxlanMode: 'Always',
  nodeSelector: 'all()',
};
const fields = (change: Partial<IPPoolSpec>) => checkPool({ spec: { ...sound, ...change } }).map(({ field }) => field);

describe('a pool that is written', () => {
  for (const [change, ...expected] of [
    [{}],
    [{ cidr: 'fd00:60::/64', blockSize: 122 }],
    [{ cidr: '10.70.0.0/26', blockSize: 26 }],
    [{ cidr: '10.70.0.0/27', disabled: true }],
    [{ blockSize: 0 }],
    [{ allowedUses: ['LoadBalancer'], vxlanMode: 'Never' }],
    [{ cidr: '' }, 'spec.cidr'],
    [{ cidr: '10.60.0.1/16' }, 'spec.cidr'],
    [{ cidr: '10.60.0.0' }, 'spec.cidr'],
    [{ cidr: 'FD00:60::/64', blockSize: 122 }, 'spec.cidr'],
    [{ cidr: 'fd00:60:0:0::/64', blockSize: 122 }, 'spec.cidr'],
    [{ cidr: '169.254.8.0/24' }, 'spec.cidr'],
    [{ cidr: '169.254.0.0/16' }, 'spec.cidr'],
    [{ cidr: '168.0.0.0/6' }, 'spec.cidr'],
    [{ cidr: 'fe80::/64', blockSize: 122 }, 'spec.cidr'],
    [{ blockSize: 19 }, 'spec.blockSize'],
    [{ blockSize: 33 }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/64', blockSize: 115 }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/64', blockSize: 129 }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/64', blockSize: 26 }, 'spec.blockSize'],
    [{ cidr: '10.70.0.0/27' }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/123', blockSize: 0 }, 'spec.blockSize'],
    [{ ipipMode: 'Always' }, 'spec.vxlanMode'],
    [{ ipipMode: 'CrossSubnet', vxlanMode: 'CrossSubnet' }, 'spec.vxlanMode'],
    [{ ipipMode: 'always', vxlanMode: 'Never' }, 'spec.ipipMode'],
    [{ vxlanMode: 'Sometimes' }, 'spec.vxlanMode'],
    [{ cidr: 'fd00:60::/64', blockSize: 122, vxlanMode: 'Never', ipipMode: 'Always' }, 'spec.ipipMode'],
    [{ assignmentMode: 'automatic' }, 'spec.assignmentMode'],
    [{ allowedUses: ['Workload', 'Other'] }, 'spec.allowedUses'],
    [{ allowedUses: ['Workload', 'LoadBalancer'], vxlanMode: 'Never' }, 'spec.allowedUses'],
    [{ allowedUses: ['LoadBalancer'] }, 'spec.allowedUses'],
    [{ allowedUses: ['LoadBalancer'], vxlanMode: 'Never', disableBGPExport: true }, 'spec.disableBGPExport'],
    [{ allowedUses: ['Tunnel'], namespaceSelector: 'all()' }, 'spec.namespaceSelector'],
    [{ nodeSelector: 'has(' }, 'spec.nodeSelector'],
    [{ nodeSelector: '!(global())' }, 'spec.nodeSelector'],
  ] as [Partial<IPPoolSpec>, ...string[]][]) {
    it(`${JSON.stringify(change)}: ${expected.join(', ') || 'all is well'}`, () =>
      expect(fields(change)).to.deep.equal(expected));
  }

  it('says what is wrong in words', () =>
    expect(checkPool({ spec: { ...sound, blockSize: 12 } })).to.deep.equal([
      { field: 'spec.blockSize', message: 'is 20 to 32 for IPv4, not 12' },
    ]));
});

describe('metadata', () => {
  it('has a name that Calico takes, a uid and a time', () => {
    const metadata = { name: 'default.shop.net', uid: 'u', creationTimestamp: 't' };
    expect(checkMetadata({ metadata })).to.deep.equal([]);
    for (const name of ['Blue', 'a..b', '-a', 'a_b', '', 'a'.repeat(254)]) {
      expect(checkMetadata({ metadata: { ...metadata, name } }).map(({ field }) => field)).to.deep.equal([
        'metadata.name',
      ]);
    }
    expect(checkMetadata({ metadata: { name: 'a' } }).map(({ field }) => field)).to.deep.equal([
      'metadata.uid',
      'metadata.creationTimestamp',
    ]);
  });
});
