import { createHash } from 'node:crypto';
import {
  type EffectivePolicy,
  followPolicies,
  keyOf,
  ORCHESTRATOR,
  type PolicyIndex,
  policyIndexOf,
  workloadEndpointName,
} from '../../lib/calico/index.ts';
import type { NamedPolicy } from '../../lib/network/index.ts';
import type { Cache, View } from '../../lib/store/index.ts';

export interface HostPolicies {
  policies: NamedPolicy[];
  /** Name of an interface's policy, by `interfaceId`. */
  names: ReadonlyMap<string, string>;
}

export const interfaceId = (uid: string, name: string): string => `${uid}/${name}`;

/** What Calico's profiles and policies come to for each interface on a host; those that come to the same are one. */
export function policiesOn(host: string, state: View): HostPolicies {
  const index = indexOf(state);
  const policies = new Map<string, NamedPolicy>();
  const names = new Map<string, string>();
  for (const { value } of state.list('endpoints', host)) {
    for (const { network, name } of value.interfaces) {
      const segments = { node: host, orchestrator: ORCHESTRATOR, workload: value.uid, endpoint: name };
      const policy =
        index.policyOf(keyOf.workloadEndpoint(workloadEndpointName(segments))) ??
        // The cache may show an endpoint a moment before Calico's record of it.
        index.policyFor({ labels: new Map(), profiles: [network] });
      const called = nameFor(policy);
      policies.set(called, { name: called, ...policy });
      names.set(interfaceId(value.uid, name), called);
    }
  }
  return { policies: [...policies.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), names };
}

const nameFor = ({ ingress, egress }: EffectivePolicy): string =>
  createHash('sha256')
    .update(JSON.stringify([ingress, egress]))
    .digest('hex')
    .slice(0, 12);

const indexes = new WeakMap<View, PolicyIndex>();

/** Fed once from a cache, which then says what changes. */
function indexOf(state: View): PolicyIndex {
  const known = indexes.get(state);
  if (known) return known;
  const index = policyIndexOf(state);
  if (isCache(state)) {
    indexes.set(state, index);
    state.subscribe((changes) => {
      followPolicies(index, state, changes);
    });
  }
  return index;
}

const isCache = (view: View): view is Cache => 'subscribe' in view;
