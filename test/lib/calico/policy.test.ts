import { expect } from 'chai';
import { type EffectivePolicy, keyOf } from '../../../lib/calico/index.ts';
import {
  allowing,
  any,
  b1,
  endpoint,
  from,
  ingressOf,
  open,
  policy,
  profileOf,
  put,
  rulesIn,
  world,
} from './policy-world.ts';

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
