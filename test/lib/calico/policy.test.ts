import { expect } from 'chai';
import fc from 'fast-check';
import { contains, parseCidr } from '../../../lib/addresses/index.ts';
import {
  type EffectivePolicy,
  type EffectiveRule,
  formatSelector,
  keyOf,
  LabelIndex,
  matches,
  type PeerMatch,
  PolicyIndex,
  parseSelector,
  type Selector,
  type Stage,
} from '../../../lib/calico/index.ts';

const put = (index: PolicyIndex, id: string, spec: object, labels?: Record<string, string>) =>
  index.apply(
    id,
    Buffer.from(JSON.stringify({ kind: '', apiVersion: '', metadata: { name: id.split('/').at(-1), labels }, spec })),
  );

const endpoint = (
  index: PolicyIndex,
  name: string,
  address: string,
  spec: object = {},
  labels?: Record<string, string>,
) => {
  const id = keyOf.workloadEndpoint(name);
  put(index, id, { orchestrator: 'berth', node: 'n1', ipNetworks: [address], profiles: ['blue'], ...spec }, labels);
  return id;
};

const profileOf = (network: string, from: string[] = []) => ({
  ingress: [
    {
      action: 'Allow',
      source: { selector: [network, ...from].map((name) => `has(${name})`).join(' || ') },
      destination: {},
    },
  ],
  egress: [{ action: 'Allow', source: {}, destination: {} }],
  labelsToApply: { [network]: '' },
});

/** Two networks as berth makes them, and the default tier. */
function world(): PolicyIndex {
  const index = new PolicyIndex();
  put(index, keyOf.tier('default'), { order: 1_000_000, defaultAction: 'Deny' });
  for (const [name, range] of [
    ['blue', '10.1.0.0/24'],
    ['green', '10.2.0.0/24'],
  ] as const) {
    put(index, keyOf.profile(name), profileOf(name));
    index.setNetwork(name, [range]);
  }
  endpoint(index, 'b1', '10.1.0.1/32');
  endpoint(index, 'g1', '10.2.0.1/32', { profiles: ['green'] });
  return index;
}

const any = { ranges: 'any', notRanges: [], ports: 'any', notPorts: [] } as const;
const from = (...ranges: string[]) => ({ ...any, ranges });
const open: Stage = {
  name: 'profile blue',
  rules: [{ action: 'Allow', source: any, destination: any }],
  otherwise: 'Pass',
};
const b1 = keyOf.workloadEndpoint('b1');
const policy = (index: PolicyIndex, name: string, spec: object) => put(index, keyOf.globalNetworkPolicy(name), spec);
const allowing = (...nets: string[]) => [{ action: 'Allow', source: { nets } }];
const ingressOf = (index: PolicyIndex) => index.policyOf(b1)!.ingress;
const rulesIn = (index: PolicyIndex) => ingressOf(index)[0]!.rules;

describe('the rules of an endpoint', () => {
  it('are its profile’s where no policy selects it: a network’s ranges for its label', () =>
    expect(world().policyOf(b1)).to.deep.equal({
      ingress: [
        {
          name: 'profile blue',
          rules: [{ action: 'Allow', source: from('10.1.0.0/24'), destination: any }],
          otherwise: 'Pass',
        },
      ],
      egress: [open],
    } satisfies EffectivePolicy));

  it('name the ranges of a network that is let in, and those by which one grew', () => {
    const index = world();
    put(index, keyOf.profile('blue'), profileOf('blue', ['green']));
    index.setNetwork('blue', ['10.1.0.0/24', '10.9.0.0/24']);
    expect(rulesIn(index)[0]!.source.ranges).to.deep.equal(['10.1.0.0/24', '10.2.0.0/24', '10.9.0.0/24']);
  });

  it('are of a policy that selects it, and then nothing: its profile counts no more in that direction', () => {
    const index = world();
    policy(index, 'p', { selector: 'has(blue)', types: ['Ingress'], ingress: allowing('192.0.2.0/24') });
    expect(index.policyOf(b1)).to.deep.equal({
      ingress: [
        {
          name: 'tier default',
          rules: [{ action: 'Allow', ipVersion: 4, source: from('192.0.2.0/24'), destination: any }],
          otherwise: 'Deny',
        },
      ],
      egress: [open],
    });
  });

  it('go by the order of policies, by name where that is the same, and those without one last', () => {
    const index = world();
    for (const [name, order] of [
      ['z', 1],
      ['last', undefined],
      ['b', 2],
      ['a', 2],
    ] as const) {
      policy(index, name, {
        order,
        selector: '',
        types: ['Ingress'],
        ingress: allowing(`10.0.0.${name.length}${order ?? 9}`),
      });
    }
    expect(rulesIn(index).map(({ source }) => source.ranges)).to.deep.equal([
      ['10.0.0.11/32'],
      ['10.0.0.12/32'],
      ['10.0.0.12/32'],
      ['10.0.0.49/32'],
    ]);
  });

  it('go on with the next tier, and at last with the profile, after Pass and at the end of a tier that passes', () => {
    const index = world();
    put(index, keyOf.tier('first'), { order: 1, defaultAction: 'Deny' });
    put(index, keyOf.tier('second'), { order: 2, defaultAction: 'Pass' });
    policy(index, 'first.p', {
      tier: 'first',
      types: ['Ingress'],
      ingress: [{ action: 'Pass', source: { nets: ['10.0.0.0/8'] } }],
    });
    policy(index, 'second.p', {
      tier: 'second',
      types: ['Ingress'],
      ingress: [{ action: 'Deny', source: { nets: ['10.1.0.7'] } }],
    });
    expect(ingressOf(index).map(({ name, otherwise }) => [name, otherwise])).to.deep.equal([
      ['tier first', 'Deny'],
      ['tier second', 'Pass'],
      ['profile blue', 'Pass'],
    ]);
  });

  it('leave out tiers without a policy for it, policies of tiers that are not there, and for hosts’ endpoints', () => {
    const index = world();
    policy(index, 'other', { selector: 'has(green)', ingress: [] });
    policy(index, 'sec.p', { tier: 'sec', ingress: [] });
    policy(index, 'early', { preDNAT: true, applyOnForward: true, ingress: [] });
    policy(index, 'raw', { doNotTrack: true, applyOnForward: true });
    expect(ingressOf(index)[0]!.name).to.equal('profile blue');
  });

  it('leave out a policy that Felix could not read', () => {
    const index = world();
    policy(index, 'p', { selector: 'has(blue', ingress: [] });
    expect(ingressOf(index)[0]!.name).to.equal('profile blue');
  });

  it('are both directions’ for a policy without types', () => {
    const index = world();
    policy(index, 'p', { selector: 'all()', ingress: allowing('10.0.0.1') });
    expect(index.policyOf(b1)!.egress).to.deep.equal([{ name: 'tier default', rules: [], otherwise: 'Deny' }]);
  });

  it('let nothing through where the profile does not exist, or there is none', () => {
    const index = world();
    const unknown = index.policyFor({ labels: new Map(), profiles: ['red'] });
    expect(unknown.ingress.flatMap(({ rules }) => rules.map(({ action }) => action))).to.deep.equal(['Deny']);
    expect(index.policyFor({ labels: new Map(), profiles: [] })).to.deep.equal({ ingress: [], egress: [] });
  });

  it('go when the policy goes', () => {
    const index = world();
    const before = index.policyOf(b1);
    policy(index, 'p', { selector: 'all()' });
    index.apply(keyOf.globalNetworkPolicy('p'), undefined);
    expect(index.policyOf(b1)).to.deep.equal(before);
  });

  it('of a NetworkPolicy are about its namespace', () => {
    const index = world();
    endpoint(index, 'b2', '10.1.0.2/32', {}, { 'projectcalico.org/namespace': 'default', role: 'x' });
    put(index, keyOf.networkPolicy('p', 'default'), {
      types: ['Ingress'],
      selector: "role == 'x'",
      ingress: [{ action: 'Allow', source: { selector: 'has(blue)' } }],
    });
    expect(ingressOf(index)[0]!.name).to.equal('profile blue');
    const [stage] = index.policyOf(keyOf.workloadEndpoint('b2'))!.ingress;
    expect(stage!.rules[0]!.source.ranges).to.deep.equal(['10.1.0.2/32']);
  });
});

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
