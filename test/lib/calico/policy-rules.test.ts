import { expect } from 'chai';
import { keyOf, type PolicyIndex } from '../../../lib/calico/index.ts';
import { allowing, any, endpoint, from, policy, put, rulesIn, world } from './policy-world.ts';

describe('a rule', () => {
  const resolved = (rule: object, change: (index: PolicyIndex) => void = () => {}) => {
    const index = world();
    change(index);
    policy(index, 'p', { types: ['Ingress'], ingress: [rule] });
    return rulesIn(index);
  };

  it('has its protocol by number, its ports as ranges, its ICMP type', () => {
    expect(
      resolved({ action: 'Allow', protocol: 'TCP', destination: { ports: [80, '8000:8080', '22'], notPorts: [8001] } }),
    ).to.deep.equal([
      {
        action: 'Allow',
        protocol: 6,
        source: any,
        destination: {
          ...any,
          ports: [
            { first: 80, last: 80 },
            { first: 8000, last: 8080 },
            { first: 22, last: 22 },
          ],
          notPorts: [{ first: 8001, last: 8001 }],
        },
      },
    ]);
    expect(resolved({ action: 'Deny', protocol: 'ICMPv6', icmp: { type: 128 }, notProtocol: 17 })).to.deep.equal([
      { action: 'Deny', protocol: 58, notProtocol: 17, icmp: { type: 128 }, source: any, destination: any },
    ]);
  });

  it('is about those of its nets that its selector selects', () => {
    const nets = ['10.1.0.64/26', '192.0.2.0/24', '10.2.0.77/16'];
    expect(resolved({ action: 'Allow', source: { nets, selector: 'has(blue)' } })[0]!.source.ranges).to.deep.equal([
      '10.1.0.64/26',
    ]);
    expect(resolved({ action: 'Allow', source: { nets } })[0]!.source.ranges).to.deep.equal([
      '10.1.0.64/26',
      '10.2.0.0/16',
      '192.0.2.0/24',
    ]);
  });

  it('excludes the rest of the world too by notSelector and notNets alone, endpoints alone beside a selector', () => {
    expect(
      resolved({ action: 'Allow', source: { notSelector: 'has(green)', notNets: ['10.9.0.0/16'] } })[0]!.source,
    ).to.deep.equal({
      ...any,
      notRanges: ['10.2.0.0/24', '10.9.0.0/16'],
    });
    expect(
      resolved({ action: 'Allow', source: { selector: 'all()', notSelector: 'has(green)' } })[0]!.source,
    ).to.deep.equal(from('10.1.0.0/24'));
  });

  it('goes where nobody is selected, where it is about Kubernetes services, and where families do not meet', () => {
    expect(resolved({ action: 'Allow', source: { selector: 'has(nobody)' } })).to.deep.equal([]);
    expect(resolved({ action: 'Allow', destination: { services: { name: 'x' } } })).to.deep.equal([]);
    expect(
      resolved({ action: 'Allow', source: { nets: ['10.0.0.0/8'] }, destination: { nets: ['fd00::/8'] } }),
    ).to.deep.equal([]);
    expect(resolved({ action: 'Allow', ipVersion: 6, source: { nets: ['10.0.0.0/8'] } })).to.deep.equal([]);
  });

  it('is about one family where its exceptions are', () =>
    expect(resolved({ action: 'Allow', source: { notNets: ['10.0.0.0/8'] } })[0]!.ipVersion).to.equal(4));

  it('finds network sets and hosts’ endpoints by their labels', () => {
    const rules = resolved({ action: 'Allow', source: { selector: "zone in {'lan'}" } }, (index) => {
      put(index, keyOf.globalNetworkSet('s'), { nets: ['198.51.100.0/24', 'fd00::/64'] }, { zone: 'lan' });
      put(index, keyOf.hostEndpoint('h'), { node: 'n1', expectedIPs: ['192.0.2.11'] }, { zone: 'lan' });
    });
    expect(rules[0]!.source.ranges).to.deep.equal(['192.0.2.11/32', '198.51.100.0/24', 'fd00::/64']);
  });

  it('finds no namespaces where there are none, but what is in none', () => {
    const named = (namespaceSelector: string) => resolved({ action: 'Allow', source: { namespaceSelector } });
    expect(named("team == 'a'")).to.deep.equal([]);
    expect(named('all()')).to.deep.equal([]);
    expect(named('global()')[0]!.source.ranges).to.deep.equal(['10.1.0.0/24', '10.2.0.0/24']);
  });

  it('is about ICMP alone where it names types, whatever protocol it names beside them', () => {
    const criteria = (rule: object) =>
      resolved({ action: 'Allow', ...rule }).map(({ action: _, source: __, destination: ___, ...rest }) => rest);
    const icmp = { type: 8 };
    expect(criteria({ protocol: 'TCP', icmp })).to.deep.equal([]);
    expect(criteria({ protocol: 6, icmp, source: { nets: ['10.0.0.0/8'] } })).to.deep.equal([]);
    expect(criteria({ protocol: 'UDP', notICMP: icmp })).to.deep.equal([{ protocol: 17 }]);
    expect(criteria({ protocol: 'icmp', icmp, notICMP: { type: 8, code: 0 } })).to.deep.equal([
      { protocol: 1, icmp, notIcmp: { type: 8, code: 0 } },
    ]);
    expect(criteria({ protocol: 'ICMP', ipVersion: 6, icmp })).to.deep.equal([]);
    expect(criteria({ protocol: 'ICMPv6', icmp, source: { nets: ['10.0.0.0/8'] } })).to.deep.equal([]);
    expect(criteria({ icmp })).to.deep.equal([
      { protocol: 1, icmp },
      { protocol: 58, icmp },
    ]);
    expect(criteria({ notICMP: icmp, source: { nets: ['fd00::/8'] } })).to.deep.equal([
      { ipVersion: 6, protocol: 58, notIcmp: icmp },
    ]);
    expect(criteria({ protocol: 'TCP', icmp: {} })).to.deep.equal([{ protocol: 6 }]);
  });

  it('matches no ports of a protocol that has none, and excludes none of it', () => {
    expect(resolved({ action: 'Allow', protocol: 'ICMP', destination: { ports: [80] } })).to.deep.equal([]);
    expect(resolved({ action: 'Allow', protocol: 47, source: { notPorts: [80] } })[0]!.source).to.deep.equal(any);
  });

  it('is one for each number that a named port has', () => {
    const rules = resolved({ action: 'Allow', protocol: 'TCP', destination: { ports: ['http', 22] } }, (index) => {
      const ports = (port: number) => [{ name: 'http', protocol: 'TCP', port }];
      endpoint(index, 'b1', '10.1.0.1/32', { ports: ports(80) });
      endpoint(index, 'b2', '10.1.0.2/32', { ports: ports(8080) });
    });
    expect(rules.map(({ destination: { ranges, ports } }) => [ranges, ports])).to.deep.equal([
      ['any', [{ first: 22, last: 22 }]],
      [['10.1.0.1/32'], [{ first: 80, last: 80 }]],
      [['10.1.0.2/32'], [{ first: 8080, last: 8080 }]],
    ]);
  });

  it('is nothing behind one that decides about everything', () => {
    const index = world();
    policy(index, 'p', {
      types: ['Ingress'],
      ingress: [{ action: 'Log' }, { action: 'Deny' }, ...allowing('10.0.0.0/8')],
    });
    expect(rulesIn(index).map(({ action }) => action)).to.deep.equal(['Log', 'Deny']);
  });
});
