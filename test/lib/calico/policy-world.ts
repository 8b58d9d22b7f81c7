import { keyOf, PolicyIndex, type Stage } from '../../../lib/calico/index.ts';

export const put = (index: PolicyIndex, id: string, spec: object, labels?: Record<string, string>) =>
  index.apply(
    id,
    Buffer.from(JSON.stringify({ kind: '', apiVersion: '', metadata: { name: id.split('/').at(-1), labels }, spec })),
  );

export const endpoint = (
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

export const profileOf = (network: string, from: string[] = []) => ({
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
export function world(): PolicyIndex {
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

export const any = { ranges: 'any', notRanges: [], ports: 'any', notPorts: [] } as const;
export const from = (...ranges: string[]) => ({ ...any, ranges });
export const open: Stage = {
  name: 'profile blue',
  rules: [{ action: 'Allow', source: any, destination: any }],
  otherwise: 'Pass',
};
export const b1 = keyOf.workloadEndpoint('b1');
export const policy = (index: PolicyIndex, name: string, spec: object) =>
  put(index, keyOf.globalNetworkPolicy(name), spec);
export const allowing = (...nets: string[]) => [{ action: 'Allow', source: { nets } }];
export const ingressOf = (index: PolicyIndex) => index.policyOf(b1)!.ingress;
export const rulesIn = (index: PolicyIndex) => ingressOf(index)[0]!.rules;
