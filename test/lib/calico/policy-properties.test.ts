import { expect } from 'chai';
import fc from 'fast-check';
import { contains, parseCidr } from '../../../lib/addresses/index.ts';
import type { EffectiveRule, PeerMatch, Stage } from '../../../lib/calico/index.ts';
import { ingressOf, policy, world } from './policy-world.ts';

describe('the rules of any two policies', () => {
  it('decide as the policies themselves do', () => {
    const net = fc.constantFrom('10.1.0.0/24', '10.1.0.1', '10.2.0.0/24', '0.0.0.0/0');
    const rule = fc.record(
      {
        action: fc.constantFrom('Allow', 'Deny', 'Pass', 'Log'),
        protocol: fc.constantFrom('TCP', 'UDP'),
        source: fc.record(
          {
            nets: fc.array(net, { minLength: 1, maxLength: 2 }),
            notNets: fc.array(net, { minLength: 1, maxLength: 1 }),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['action'] },
    );
    type Written = typeof rule extends fc.Arbitrary<infer T> ? T : never;
    const covers = (nets: string[], address: string) =>
      nets.some((each) => contains(parseCidr(each.includes('/') ? each : `${each}/32`), parseCidr(`${address}/32`)));
    const hits = ({ protocol, source }: Written, packet: { protocol: number; address: string }) =>
      (!protocol || (protocol === 'TCP' ? 6 : 17) === packet.protocol) &&
      (!source?.nets || covers(source.nets, packet.address)) &&
      !(source?.notNets && covers(source.notNets, packet.address));

    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), fc.array(rule, { maxLength: 4 }), (one, two) => {
        const index = world();
        policy(index, '1', { order: 1, types: ['Ingress'], ingress: one });
        policy(index, '2', { order: 2, types: ['Ingress'], ingress: two });
        for (const protocol of [6, 17]) {
          for (const address of ['10.1.0.1', '10.1.0.2', '10.2.0.1', '192.0.2.1']) {
            const packet = { protocol, address };
            const decisive = [...one, ...two].find((each) => each.action !== 'Log' && hits(each, packet))?.action;
            // What is passed comes to the profile, which lets in its own network.
            const expected = decisive === 'Pass' ? address.startsWith('10.1.') : decisive === 'Allow';
            expect(admits(ingressOf(index), packet)).to.equal(expected);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Goes through stages as a dataplane does. */
function admits(stages: readonly Stage[], packet: { protocol: number; address: string }): boolean {
  const covers = (ranges: PeerMatch['ranges']) =>
    ranges === 'any' || ranges.some((each) => contains(parseCidr(each), parseCidr(`${packet.address}/32`)));
  const hits = ({ ipVersion, protocol, source }: EffectiveRule) =>
    ipVersion !== 6 &&
    (protocol ?? packet.protocol) === packet.protocol &&
    covers(source.ranges) &&
    !source.notRanges.some((each) => covers([each]));
  for (const { rules, otherwise } of stages) {
    const decisive = rules.find((rule) => rule.action !== 'Log' && hits(rule))?.action ?? otherwise;
    if (decisive !== 'Pass') return decisive === 'Allow';
  }
  return false;
}
