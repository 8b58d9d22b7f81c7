import { expect } from 'chai';
import { parseRecord } from '../../../lib/schema/index.ts';

const parse = (lines: string) => parseRecord({ kind: 'virtualnetworks', id: 'net', value: Buffer.from(lines) });

/** The bad ones stand in bad-records.ts. */
describe('a VirtualNetwork', () => {
  it('may say nothing at all', () => {
    const read = parse('kind: VirtualNetwork');
    expect(read.ok && read.spec).to.deep.equal({
      ...{ dnsServers: [], addIptablesRules: true, pools: [], natOutgoing: true, allowFrom: [] },
    });
  });

  for (const spec of [
    'cidr: 192.168.34.0/24, gateway: 192.168.34.1, dnsServers: [10.0.0.53, "fd00::53"], addIptablesRules: true, pools: []',
    'cidr: 192.168.34.0/24, pools: ["fd00:34::/64"], gateway: "fd00:34::1", blockSize: 122',
    'cidr: 192.168.34.0/30, blockSize: 32',
    'pools: [192.168.35.0/24], blockSize: 26',
    'allowFrom: [web-net, default.shop.default], mtu: 1400, natOutgoing: false',
  ])
    it(`may be {${spec}}`, () => expect(parse(`spec: {${spec}}`)).to.include({ ok: true }));

  it('is accepted with its gateway and name servers in canonical form', () => {
    const read = parse(
      'spec: { cidr: "fd00:34::/64", gateway: "FD00:34:0::1", dnsServers: ["FD00::0:53", 10.0.0.53] }',
    );
    expect(read.ok && [read.spec.gateway, ...read.spec.dnsServers]).to.deep.equal([
      ...['fd00:34::1', 'fd00::53', '10.0.0.53'],
    ]);
  });

  it('is accepted with its ranges in canonical form', () => {
    const read = parse('spec: { cidr: "FD00:0:0:34::/64", pools: ["fd00:0035:0::/64"] }');
    expect(read.ok && [read.spec.cidr, ...read.spec.pools]).to.deep.equal(['fd00:0:0:34::/64', 'fd00:35::/64']);
  });
});
