import { REVERSE } from '../../lib/dns/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import { appOf, containerOf, hostOf, nameOf } from '../../lib/store/index.ts';
import { ownerKey } from './names.ts';
import { dnsOf, holdersOf, servedBy, serverZones, zonesOfServers } from './servers.ts';
import { namesBehind } from './skydns.ts';

/** Whom a change wakes: keys `service/…`, `container/…` (names.ts) and `zone/…` (servers.ts). */

/** A wanted container: its own names, its service's, and those of who has lost or got back a name by that. */
export function byContainer(container: Entry<'containers'>, state: View): string[] {
  const app = appOf(container);
  const { service } = container.value;
  return [
    ownerKey({ kind: 'container', app, name: nameOf(container) }),
    ...(['service', 'container'] as const).map((kind) => ownerKey({ kind, app, name: service })),
    ...servedBy(`${app}/${service}`, state),
  ];
}

/** What stands for a container on a host. */
export function byPlaced(entry: { id: string }, state: View): string[] {
  const id = containerOf(entry);
  const service = state.get('containers', id)?.value.service;
  const app = appOf({ id });
  const own = ownerKey({ kind: 'container', app, name: nameOf({ id }) });
  // One that is not wanted any more is in no name; that its record went has woken the service.
  if (service === undefined) return [own];
  return [own, ownerKey({ kind: 'service', app, name: service }), ...servedBy(`${app}/${service}`, state)];
}

/** A host that is lost, or back. */
export const byHost = (host: { id: string }, state: View): string[] => [
  ...new Set(state.list('observed', nameOf(host)).flatMap((entry) => byPlaced(entry, state))),
];

/** A cloud whose names lie elsewhere now, or in other servers. */
export function byCloud(cloud: Entry<'accepted/dockerclouds'>, state: View): string[] {
  const { id } = cloud;
  const dns = dnsOf(cloud);
  const keys = new Set(dns ? serverZones(id, dns) : []);
  for (const container of state.by('containers', 'cloud', id)) {
    for (const key of byContainer(container, state)) keys.add(key);
  }
  for (const name of state.list('names')) {
    if (!name.value.clouds.includes(id)) continue;
    for (const key of byName(name, state)) keys.add(key);
  }
  return [...keys];
}

/** A name: its servers, and whoever looks after it. */
export const byName = (entry: Entry<'names'>, state: View): string[] => [entry.value.owner, ...holdersOf(entry, state)];

/** A key for CoreDNS that somebody changed: only what stands for a name of ours concerns us. */
export function bySkydns({ id }: { id: string }, state: View): string[] {
  return state.list('accepted/dockerclouds').flatMap((cloud) => {
    const { zone, skydns } = dnsOf(cloud) ?? {};
    if (zone === undefined || !skydns) return [];
    return [zone, REVERSE[4], REVERSE[6]]
      .flatMap((each) => namesBehind(id, { zone: each, prefix: skydns.prefix }))
      .flatMap((name) => state.get('names', name)?.value.owner ?? []);
  });
}

/** A secret: the servers whose key it is. */
export const bySecret = ({ id }: { id: string }, state: View): string[] =>
  hostOf({ id }) === 'berth-system' ? zonesOfServers(state, ({ key }) => key?.secret === nameOf({ id })) : [];
