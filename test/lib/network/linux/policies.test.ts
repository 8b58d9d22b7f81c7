import { expect } from 'chai';
import type { EffectiveRule, PeerMatch } from '../../../../lib/calico/index.ts';
import { policyChains } from '../../../../lib/network/linux/policies.ts';

const ANY: PeerMatch = { ranges: 'any', notRanges: [], ports: 'any', notPorts: [] };

/** What one rule becomes, statement by statement. */
function statements(rule: Partial<EffectiveRule>): string[] {
  const whole: EffectiveRule = { action: 'Allow', source: ANY, destination: ANY, ...rule };
  const { chains } = policyChains([
    { name: 'p', ingress: [{ name: 'tier default', rules: [whole], otherwise: 'Pass' }], egress: [] },
  ]);
  return chains[0]!
    .split('\n')
    .slice(1, -1)
    .map((line) => line.trim());
}

describe('a rule of Calico’s in nft', () => {
  for (const [what, rule, expected] of [
    ['everything', {}, ['accept']],
    ['a verdict to drop', { action: 'Deny' }, ['drop']],
    ['a verdict to leave it to the next stage', { action: 'Pass' }, ['return']],
    ['a note', { action: 'Log' }, ['log prefix "calico-packet: "']],
    ['a family', { ipVersion: 6 }, ['meta nfproto ipv6 accept']],
    ['a protocol', { protocol: 6 }, ['meta l4proto 6 accept']],
    ['any other protocol', { notProtocol: 17 }, ['meta l4proto != 17 accept']],
    [
      'ports and ranges of them',
      {
        protocol: 6,
        destination: {
          ...ANY,
          ports: [
            { first: 80, last: 80 },
            { first: 8000, last: 8080 },
          ],
        },
      },
      ['meta l4proto 6 th dport { 80, 8000-8080 } accept'],
    ],
    [
      'other ports of the source',
      { protocol: 17, source: { ...ANY, notPorts: [{ first: 53, last: 53 }] } },
      ['meta l4proto 17 th sport != { 53 } accept'],
    ],
    ['a kind of ICMP', { protocol: 1, icmp: { type: 8, code: 0 } }, ['meta l4proto 1 icmp type 8 icmp code 0 accept']],
    ['a kind of ICMPv6', { protocol: 58, icmp: { type: 128 } }, ['meta l4proto 58 icmpv6 type 128 accept']],
    [
      'all but a kind of ICMP',
      { protocol: 1, notIcmp: { type: 8, code: 0 } },
      ['meta l4proto 1 icmp type . icmp code != { 8 . 0 } accept'],
    ],
    [
      'ranges of one family',
      { source: { ...ANY, ranges: ['10.64.0.0/24'] } },
      ['meta nfproto ipv4 ip saddr @ranges-0 accept'],
    ],
    [
      'ranges of both families, a statement each',
      { source: { ...ANY, ranges: ['10.64.0.0/24', 'fd00::/64'] } },
      ['meta nfproto ipv4 ip saddr @ranges-0 accept', 'meta nfproto ipv6 ip6 saddr @ranges-1 accept'],
    ],
    [
      'sides of different families, which nothing has',
      { source: { ...ANY, ranges: ['10.64.0.0/24'] }, destination: { ...ANY, ranges: ['fd00::/64'] } },
      [],
    ],
    [
      'ICMP from ranges of both families',
      { protocol: 1, source: { ...ANY, ranges: ['10.64.0.0/24', 'fd00::/64'] } },
      ['meta nfproto ipv4 ip saddr @ranges-0 meta l4proto 1 accept'],
    ],
    [
      'all but some',
      { destination: { ...ANY, notRanges: ['10.0.0.0/8'] } },
      ['meta nfproto ipv4 ip daddr != @ranges-0 accept', 'meta nfproto ipv6 accept'],
    ],
  ] as const) {
    it(`is made of ${what}`, () => expect(statements(rule)).deep.equal(expected));
  }

  it('that several name is one set, whatever the order', () => {
    const rule = (ranges: string[]): EffectiveRule => ({
      action: 'Allow',
      source: { ...ANY, ranges },
      destination: ANY,
    });
    const { sets } = policyChains([
      {
        name: 'p',
        ingress: [
          {
            name: 's',
            rules: [rule(['10.1.0.0/16', '10.2.0.0/16']), rule(['10.2.0.0/16', '10.1.0.0/16'])],
            otherwise: 'Pass',
          },
        ],
        egress: [],
      },
    ]);
    expect(sets).length(1);
  });
});

describe('a policy of Calico’s in nft', () => {
  it('goes through its stages and lets nothing else through', () => {
    const rules: EffectiveRule[] = [{ action: 'Allow', source: ANY, destination: ANY }];
    const { chains } = policyChains([
      {
        name: 'p',
        ingress: [
          { name: 'tier default', rules, otherwise: 'Deny' },
          { name: 'profile blue', rules: [], otherwise: 'Pass' },
        ],
        egress: [],
      },
    ]);
    expect(chains.map((chain) => chain.replaceAll(/\s+/g, ' ').trim())).deep.equal([
      'chain policy-p-in-0 { accept drop }',
      'chain policy-p-in-1 { }',
      'chain policy-p-in { jump policy-p-in-0 jump policy-p-in-1 drop }',
      'chain policy-p-out { drop }',
    ]);
  });
});
