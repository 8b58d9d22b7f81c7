import { expect } from 'chai';
import fc from 'fast-check';
import { contains, parseCidr } from '../../../lib/addresses/index.ts';
import { LabelIndex, matches, parseSelector, type Selector } from '../../../lib/calico/index.ts';
import { formatSelector } from './format-selector.ts';
import { endpoint, policy, rulesIn, world } from './policy-world.ts';

describe('a selector over networks', () => {
  it('tells endpoints apart where they have labels of their own', () => {
    const index = world();
    endpoint(index, 'b2', '10.1.0.2/32', {}, { role: 'db' });
    policy(index, 'p', {
      types: ['Ingress'],
      ingress: [{ action: 'Allow', source: { selector: "has(blue) && role == 'db'" } }],
    });
    expect(rulesIn(index)[0]!.source.ranges).to.deep.equal(['10.1.0.2/32']);
  });

  it('counts in who bears the label elsewhere, and out who bears more than its network', () => {
    const index = world();
    endpoint(index, 'far', '203.0.113.9/32');
    endpoint(index, 'loose', '203.0.113.10/32', { profiles: [] }, { blue: '' });
    expect(rulesIn(index)[0]!.source.ranges).to.deep.equal(['10.1.0.0/24', '203.0.113.9/32', '203.0.113.10/32']);
  });

  const label = fc.constantFrom('a', 'b', 'c');
  const labels = fc
    .dictionary(label, fc.constantFrom('', 'x'), { noNullPrototype: true })
    .map((each) => new Map(Object.entries(each)));
  const item = fc.record({ labels, profiles: fc.subarray(['p', 'q'], { maxLength: 2 }), host: fc.nat(30) });
  const selectors = fc.constantFrom(
    'all()',
    'has(a)',
    '!has(a)',
    "a == 'x'",
    'has(a) || has(b)',
    'has(a) && !has(b)',
    "c != 'x'",
    "has(b) && c not in {'x'}",
  );

  it('selects the same endpoints as one asked by one', () =>
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), labels, labels, selectors, (items, p, q, text) => {
        const selector: Selector = parseSelector(text);
        const index = new LabelIndex();
        index.setNetwork('p', ['10.0.0.0/27']);
        for (const [name, applied] of [
          ['p', p],
          ['q', q],
        ] as const)
          index.setProfile(name, applied);
        for (const [i, { labels: own, profiles, host }] of items.entries()) {
          // Whoever has just the network's profile is in the network, and nobody else is.
          const inside = profiles.length === 1 && profiles[0] === 'p';
          index.set(`${i}`, {
            labels: own,
            profiles,
            ports: [],
            ranges: [inside ? `10.0.0.${host}/32` : `10.9.${i}.${host}/32`],
          });
        }
        const selected = index.select(selector);
        for (const i of items.keys()) {
          const each = index.get(`${i}`)!;
          const expected = items.some((_, j) => {
            const other = index.get(`${j}`)!;
            return other.ranges[0] === each.ranges[0] && matches(selector, index.labelsOf(other));
          });
          const found = selected.some((range) => contains(parseCidr(range), parseCidr(each.ranges[0]!)));
          expect(found, `${formatSelector(selector)} and ${i}`).to.equal(expected);
        }
      }),
      { numRuns: 500 },
    ));
});
