/** Networks as an application meets them: those that it may not join now, and those that it has not left yet. */

import { type Bar, networksOf, virtualNetworksOf } from '../../lib/blueprint/index.ts';
import type { Accepted, ApplicationSpec } from '../../lib/records/index.ts';
import { containerOf, type Entry, type View } from '../../lib/store/index.ts';

/** VirtualNetworks that the blueprint names and its services cannot join now, and why. */
export function barredNetworks(namespace: string, spec: ApplicationSpec, state: View): Map<string, Bar> {
  const names = virtualNetworksOf(spec);
  if (names.length === 0) return new Map();
  const allowed = state.get('accepted/namespaces', namespace)?.value.spec.networks ?? [];
  const bars = names.flatMap((name): [string, Bar][] => {
    const accepted = state.get('accepted/virtualnetworks', name)?.value;
    if (allowed.length > 0 && !allowed.includes(name)) return [[name, 'forbidden']];
    if (!accepted) return [[name, 'missing']];
    return accepted.deleting === undefined ? [] : [[name, 'deleting']];
  });
  return new Map(bars);
}

/** Of the networks that the services are to join, or their containers do: names of those that are there and not going. */
export function joinableNetworks(
  id: string,
  { uid, spec }: Pick<Accepted<ApplicationSpec>, 'uid' | 'spec'>,
  state: View,
): Set<string> {
  const [namespace = '', app = ''] = id.split('/');
  const wanted = spec.services.flatMap((service) => networksOf(service, spec, { namespace, app }));
  const joined = state.list('containers', id).flatMap(({ value }) => value.networks);
  const isThere = (name: string): boolean => {
    const network = state.get('networks', name)?.value;
    // A VirtualNetwork's name has no dot, and an application's own has two.
    const owner = name.includes('.') ? uid : state.get('accepted/virtualnetworks', name)?.value.uid;
    return network !== undefined && network.uid === owner && network.deleting === undefined;
  };
  return new Set([...wanted, ...joined].filter(isThere));
}

/**
 * Names of the networks that a container of an application is attached to, or may become attached to: those of its records,
 * and of its endpoints, which outlive them. An assignment without an endpoint whose record has changed since, or is gone, may
 * get one all the same; until it is gone, too, its networks count as those of all claims.
 */
export function attachedNetworks(id: string, state: View): Set<string> {
  const names = new Set(state.list('containers', id).flatMap(({ value }) => value.networks));
  for (const { value } of state.by('endpoints', 'app', id))
    for (const { network } of value.interfaces) names.add(network);
  if (state.by('assignments', 'app', id).some((assignment) => isUnsettled(assignment, state)))
    for (const claim of state.list('networkclaims', id)) names.add(claim.id.replaceAll('/', '.'));
  return names;
}

function isUnsettled(assignment: Entry<'assignments'>, state: View): boolean {
  if (state.get('endpoints', assignment.id)?.value.uid === assignment.value.uid) return false;
  return state.get('containers', containerOf(assignment))?.value.spec !== assignment.value.spec;
}

/** Applications whose services join a VirtualNetwork. */
export const joiners = (network: string, state: View): string[] =>
  state
    .list('accepted/applications')
    .filter(({ value }) => virtualNetworksOf(value.spec).includes(network))
    .map(({ id }) => id);
