import { expect } from 'chai';
import { parseCidr } from '../../../lib/addresses/index.ts';
import {
  checkIpamConfig,
  checkMetadata,
  checkNode,
  checkPool,
  type IPPoolSpec,
  type PoolSurroundings,
  type Resource,
} from '../../../lib/calico/index.ts';

const record = <Spec>(spec: Spec, name = 'blue'): Resource<Spec> => ({
  kind: '',
  apiVersion: '',
  metadata: { name },
  spec,
});
const sound: IPPoolSpec = {
  cidr: '10.60.0.0/16',
  blockSize: 26,
  ipipMode: 'Never',
  vxlanMode: 'Always',
  nodeSelector: 'all()',
};
const others = [record<IPPoolSpec>({ cidr: '10.61.0.0/16', disabled: true }, 'theirs')];
const around: PoolSurroundings = { pools: [record(sound), ...others], blocks: [parseCidr('10.60.0.64/26')] };
const fields = (change: Partial<IPPoolSpec>, surroundings = around) =>
  checkPool(record({ ...sound, ...change }), surroundings).map(({ field }) => field);

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
    [{ cidr: '10.61.128.0/24' }, 'spec.cidr'],
    [{ cidr: '10.60.0.0/15' }, 'spec.cidr'],
    [{ blockSize: 19 }, 'spec.blockSize', 'spec.blockSize'],
    [{ blockSize: 33 }, 'spec.blockSize', 'spec.blockSize'],
    [{ cidr: 'fd00:60::/64', blockSize: 115 }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/64', blockSize: 129 }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/64', blockSize: 26 }, 'spec.blockSize'],
    [{ cidr: '10.70.0.0/27' }, 'spec.blockSize'],
    [{ cidr: 'fd00:60::/123', blockSize: 0 }, 'spec.blockSize'],
    [{ blockSize: 24 }, 'spec.blockSize'],
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

  const before = record(sound);
  for (const [change, ...expected] of [
    [{ disabled: true, vxlanMode: 'Never' }],
    [{ cidr: '10.60.0.0/17' }, 'spec.cidr'],
    [{ blockSize: 27 }, 'spec.blockSize'],
  ] as [Partial<IPPoolSpec>, ...string[]][]) {
    it(`over itself with ${JSON.stringify(change)}: ${expected.join(', ') || 'all is well'}`, () =>
      expect(fields(change, { ...around, before })).to.deep.equal(expected));
  }

  it('keeps a block size that neither names', () => {
    const { blockSize: _, ...spec } = sound;
    expect(
      checkPool(record({ ...spec, blockSize: 26 }), { pools: [], blocks: [], before: record(spec) }),
    ).to.deep.equal([]);
  });

  it('says what is wrong in words', () =>
    expect(checkPool(record({ ...sound, cidr: '10.61.0.0/24' }), around)).to.deep.equal([
      { field: 'spec.cidr', message: 'overlaps with 10.61.0.0/16 of pool theirs' },
    ]));
});

describe('an IPAM configuration', () => {
  it('limits blocks only where affinity is strict', () => {
    expect(checkIpamConfig({ maxBlocksPerHost: 5 })).to.have.length(1);
    expect(checkIpamConfig({ maxBlocksPerHost: -1, strict_affinity: true })).to.have.length(1);
    expect(checkIpamConfig({ maxBlocksPerHost: 5, strict_affinity: true })).to.deep.equal([]);
    expect(checkIpamConfig({ maxBlocksPerHost: 0 })).to.deep.equal([]);
  });
});

describe('a node', () => {
  for (const [bgp, ...expected] of [
    [undefined],
    [{ ipv4Address: '192.0.2.11/24', ipv6Address: 'fd00::11/64' }],
    [{}, 'spec.bgp'],
    [{ ipv4Address: '192.0.2.11' }, 'spec.bgp.ipv4Address'],
    [{ ipv6Address: '192.0.2.11/24' }, 'spec.bgp.ipv6Address'],
    [{ ipv4Address: '192.0.2.11/33' }, 'spec.bgp.ipv4Address'],
  ] as [object | undefined, ...string[]][]) {
    it(`with bgp ${JSON.stringify(bgp)}: ${expected.join(', ') || 'all is well'}`, () =>
      expect(checkNode(record(bgp ? { bgp } : {})).map(({ field }) => field)).to.deep.equal(expected));
  }
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
