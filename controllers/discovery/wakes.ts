import { REVERSE } from '../../lib/dns/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import { appOf, containerOf, hostOf, nameOf } from '../../lib/store/index.ts';
import { dnsOf, holdersOf, servedBy, serverZones, zonesOfServers } from './servers.ts';
import { namesBehind } from './skydns.ts';

/** Whom a change wakes: keys `app/<namespace>/<app>` and `zone/<cloud>/<server>/<zone>`. */

const appKey = (app: string): string => `app/${app}`;

/** A container of an application, or what stands for it on a host. It may be a name server, too. */
export const byContainer = (id: string, state: View): string[] => {
  const app = appOf({ id });
  return [appKey(app), ...servedBy(app, state)];
};

export const byPlaced = (entry: { id: string }, state: View): string[] => byContainer(containerOf(entry), state);

/** A host that is lost, or back. */
export function byHost(host: { id: string }, state: View): string[] {
  const apps = new Set(state.list('observed', nameOf(host)).map((entry) => appOf({ id: containerOf(entry) })));
  return [...apps].flatMap((app) => [appKey(app), ...servedBy(app, state)]);
}

/** A cloud whose names lie elsewhere now, or in other servers. */
export function byCloud(cloud: Entry<'accepted/dockerclouds'>, state: View): string[] {
  const { id } = cloud;
  const dns = dnsOf(cloud);
  const apps = new Set(state.by('containers', 'cloud', id).map(appOf));
  const zones = new Set(dns ? serverZones(id, dns) : []);
  for (const name of state.list('names')) {
    if (!name.value.clouds.includes(id)) continue;
    apps.add(name.value.application);
    for (const key of holdersOf(name, state)) zones.add(key);
  }
  return [...[...apps].map(appKey), ...zones];
}

/** A name: its servers, and whoever looks after it. */
export const byName = (entry: Entry<'names'>, state: View): string[] => [
  appKey(entry.value.application),
  ...holdersOf(entry, state),
];

/** A key for CoreDNS that somebody changed: only what stands for a name of ours concerns us. */
export function bySkydns({ id }: { id: string }, state: View): string[] {
  return state.list('accepted/dockerclouds').flatMap((cloud) => {
    const { zone, skydns } = dnsOf(cloud) ?? {};
    if (zone === undefined || !skydns) return [];
    return [zone, REVERSE[4], REVERSE[6]]
      .flatMap((each) => namesBehind(id, { zone: each, prefix: skydns.prefix }))
      .flatMap((name) => state.get('names', name)?.value.application ?? [])
      .map(appKey);
  });
}

/** A secret: the servers whose key it is. */
export const bySecret = ({ id }: { id: string }, state: View): string[] =>
  hostOf({ id }) === 'berth-system' ? zonesOfServers(state, ({ key }) => key?.secret === nameOf({ id })) : [];
