/** What the records of policies and of those whom they name come to, each by itself. */

import { tryDecode } from './codec.ts';
import type { Policy } from './effective.ts';
import { allOf, namespaceSelector, serviceAccountSelector } from './effective-rules.ts';
import { type CalicoKind, nameOf } from './keys.ts';
import type { Labelled } from './label-index.ts';
import { type GlobalNetworkPolicySpec, hostEndpoint, networkSet } from './policy-records.ts';
import type { Resource } from './resource.ts';
import { workloadEndpoint } from './resources.ts';
import { parseSelector } from './selector-parser.ts';

/** A policy with what it is sorted by. */
export interface SortedPolicy extends Policy {
  tier: string;
  order: number;
}

/** `…/networkpolicies/<namespace>/<name>` */
export const namespaceOf = (id: string): string => id.split('/').at(-2) ?? '';

/** A policy as it is looked at: its selectors read as one. */
export function toPolicy(
  id: string,
  { spec }: Resource<GlobalNetworkPolicySpec>,
  namespace: string | undefined,
): SortedPolicy {
  const selectors = [parseSelector(spec.selector ?? '')];
  if (spec.namespaceSelector) selectors.push(namespaceSelector(spec.namespaceSelector));
  if (spec.serviceAccountSelector) selectors.push(serviceAccountSelector(spec.serviceAccountSelector));
  if (namespace !== undefined) selectors.push({ op: '==', label: 'projectcalico.org/namespace', value: namespace });
  return {
    name: nameOf(id),
    tier: spec.tier ?? 'default',
    order: spec.order ?? Number.POSITIVE_INFINITY,
    ...(namespace !== undefined && { namespace }),
    selector: allOf(selectors),
    // As Felix has it: a policy without types is for both directions.
    types: new Set(spec.types?.length ? spec.types : ['Ingress', 'Egress']),
    ingress: spec.ingress ?? [],
    egress: spec.egress ?? [],
  };
}

/** What rules can name by its labels, of any kind of record that bears some. */
export function readLabelled(kind: CalicoKind, id: string, value: Buffer | undefined): Labelled | undefined {
  if (kind === 'workloadEndpoint') {
    const read = tryDecode(workloadEndpoint, id, value);
    return read && { ...bearing(read), ranges: read.spec.ipNetworks ?? [] };
  }
  if (kind === 'hostEndpoint') {
    const read = tryDecode(hostEndpoint, id, value);
    return read && { ...bearing(read), ranges: read.spec.expectedIPs ?? [] };
  }
  const read = tryDecode(networkSet, id, value);
  if (!read) return undefined;
  const labels = new Map(read.metadata.labels);
  if (kind === 'networkSet') labels.set('projectcalico.org/namespace', namespaceOf(id));
  return { labels, profiles: [], ranges: read.spec.nets ?? [], ports: [] };
}

const bearing = ({ metadata, spec }: Resource<Partial<Pick<Labelled, 'profiles' | 'ports'>>>) => ({
  labels: metadata.labels ?? new Map<string, string>(),
  profiles: spec.profiles ?? [],
  ports: spec.ports ?? [],
});
