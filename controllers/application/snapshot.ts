/** One application, read from the cache: synchronous, so that all of it is of one revision. */

import {
  type Incarnation,
  networkName,
  ownNetworks,
  type Snapshot,
  type Standing,
  type StandingContainer,
} from '../../lib/blueprint/index.ts';
import type { Accepted, ApplicationSpec, PendingRecord } from '../../lib/records/index.ts';
import { type Entry, hostOf, type Kind, nameOf, type View } from '../../lib/store/index.ts';
import { attachedNetworks, barredNetworks, joinableNetworks } from './networks.ts';

export function snapshotOf(id: string, { uid, spec }: Accepted<ApplicationSpec>, state: View): Snapshot {
  const [namespace = '', app = ''] = id.split('/');
  const incarnations = incarnationsOf(id, state);
  const pending = new Map(state.by('pending', 'app', id).map((entry) => [nameOf(entry), whyPending(entry.value)]));
  const containers = new Map<string, StandingContainer>();
  for (const entry of state.list('containers', id)) {
    const name = nameOf(entry);
    const why = pending.get(name);
    containers.set(name, {
      ...standing(entry),
      incarnations: incarnations.get(name) ?? [],
      ...(why !== undefined && { pending: why }),
    });
  }
  const networks = [...ownNetworks(spec).keys()].flatMap((name) => {
    const record = state.get('networks', networkName(namespace, app, name))?.value;
    return record && record.uid === uid && record.deleting === undefined ? [[name, record] as const] : [];
  });
  return {
    namespace,
    app,
    uid,
    containers,
    networks: new Map(networks),
    joinable: joinableNetworks(id, { uid, spec }, state),
    barred: barredNetworks(namespace, spec, state),
    attached: attachedNetworks(id, state),
    claims: new Map(state.list('networkclaims', id).map((entry) => [nameOf(entry), standing(entry)])),
    entities: new Map(state.list('entities', id).map((entry) => [nameOf(entry), standing(entry)])),
  };
}

const standing = <K extends Kind>({ value, modRevision }: Entry<K>): Standing<Entry<K>['value']> => ({
  record: value,
  revision: modRevision,
});

/** In a word that is the reason of `Ready` while nothing of the application can be placed. */
function whyPending({ message, rejected }: PendingRecord): { reason: string; message: string } {
  if ('links' in rejected) return { reason: 'WaitingForLinks', message };
  if ('formerHost' in rejected) return { reason: 'Moving', message };
  return { reason: 'noRecord' in rejected ? 'HostUnknown' : 'Unschedulable', message };
}

/** By name of the container. */
function incarnationsOf(id: string, state: View): Map<string, Incarnation[]> {
  const endpoints = new Map(state.by('endpoints', 'app', id).map((entry) => [entry.id, entry.value]));
  const observed = new Map(state.by('observed', 'app', id).map((entry) => [entry.id, entry.value]));
  const found = new Map<string, Incarnation[]>();
  for (const assignment of state.by('assignments', 'app', id)) {
    const host = hostOf(assignment);
    const record = state.by('hosts', 'name', host)[0]?.value;
    const endpoint = endpoints.get(assignment.id);
    const seen = observed.get(assignment.id);
    const incarnation: Incarnation = {
      assignment: assignment.value,
      // Of a host without a record nobody knows what runs there.
      host: { name: host, address: record?.address ?? '', lost: !record || record.lost || record.gone },
      ...(endpoint && { endpoint }),
      ...(seen && { observed: seen }),
    };
    const name = nameOf(assignment);
    found.set(name, [...(found.get(name) ?? []), incarnation]);
  }
  return found;
}

/** What other controllers still hold of an application, counted. */
export interface Remnants {
  assignments: number;
  observed: number;
  endpoints: number;
  networks: number;
}

export function remnantsOf(id: string, state: View): Remnants {
  const [namespace = '', app = ''] = id.split('/');
  // Neither part of the name can hold a dot, and a VirtualNetwork's name has none.
  const prefix = `${namespace}.${app}.`;
  return {
    assignments: state.by('assignments', 'app', id).length,
    observed: state.by('observed', 'app', id).length,
    endpoints: state.by('endpoints', 'app', id).length,
    networks: state.list('networks').filter((network) => network.id.startsWith(prefix)).length,
  };
}

/** Names of the hosts that are lost and on which something of an application was seen last; ordered. */
export function lostHostsOf(id: string, state: View): string[] {
  const names = new Set(state.by('observed', 'app', id).map(hostOf));
  // What a host that is gone for good leaves behind goes without it.
  return [...names]
    .filter((name) => state.by('hosts', 'name', name).some(({ value }) => value.lost && !value.gone))
    .sort();
}
