import { isWithin, REVERSE } from '../../lib/dns/index.ts';
import type { DockerCloudSpec, NameRecord } from '../../lib/records/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import type { OwnerContext } from './context.ts';
import { membersOf } from './members.ts';

type Dns = DockerCloudSpec['dns'];
export type ServerSpec = Dns['servers'][number];

/** One zone of one server of a cloud: what is reconciled on its own, so that no server waits for another. */
export interface ServerZone {
  cloud: string;
  /** Of `spec.dns.servers`. */
  index: number;
  zone: string;
}

export const serverZoneKey = ({ cloud, index, zone }: ServerZone): string => `zone/${cloud}/${index}/${zone}`;

export function parseServerZone(key: string): ServerZone {
  const [, cloud = '', index = '', zone = ''] = key.split('/');
  return { cloud, index: Number(index), zone };
}

/** What a cloud says of names; nothing where its record was accepted by a berth that knew of none. */
export const dnsOf = (cloud: Entry<'accepted/dockerclouds'> | undefined): Dns | undefined => cloud?.value.spec.dns;

/** Every zone that a cloud's servers are to hold now. */
export const serverZones = (cloud: string, { zone, reverseZones, servers }: Dns): string[] =>
  servers.flatMap((_, index) => [zone, ...reverseZones].map((each) => serverZoneKey({ cloud, index, zone: each })));

const zoneOf = (id: string): string => id.slice(0, id.indexOf('/'));
const isReverse = (zone: string): boolean => zone === REVERSE[4] || zone === REVERSE[6];

/** A name with its zone: `web.shop.default.berth`. */
export const fullName = (id: string): string => `${id.slice(id.indexOf('/') + 1)}.${zoneOf(id)}`;

/** The zone of a cloud's servers that a name lies in: for reverse names the narrowest that is declared, if any. */
export function zoneFor(id: string, { reverseZones }: Pick<Dns, 'reverseZones'>): string | undefined {
  if (!isReverse(zoneOf(id))) return zoneOf(id);
  const name = fullName(id);
  return reverseZones.filter((zone) => isWithin(name, zone)).sort((a, b) => b.length - a.length)[0];
}

/** Where a name has to be, and from where it has to be gone before its record goes. */
export function holdersOf({ id, value }: { id: string; value: NameRecord }, state: View): string[] {
  return value.clouds.flatMap((cloud) => {
    const dns = dnsOf(state.get('accepted/dockerclouds', cloud));
    const zone = dns && zoneFor(id, dns);
    return dns && zone !== undefined ? dns.servers.map((_, index) => serverZoneKey({ cloud, index, zone })) : [];
  });
}

/** The names that one zone of a cloud's servers has to hold, or has to hold no more. */
export function namesIn({ cloud, zone }: ServerZone, dns: Dns, state: View): Entry<'names'>[] {
  const reverse = [REVERSE[4], REVERSE[6]].find((each) => isWithin(zone, each));
  return state
    .list('names', reverse ?? zone)
    .filter(({ id, value }) => value.clouds.includes(cloud) && zoneFor(id, dns) === zone);
}

/** Deletes those of these records that are to go and whose names no server holds any more. */
export function removals(
  names: readonly Entry<'names'>[],
  { state, store, tools, fence }: OwnerContext,
): Promise<number>[] {
  return names
    .filter(
      (name) =>
        name.value.deleting &&
        holdersOf(name, state).every((key) =>
          tools.memory.confirmed(key, name.id, { fence: fence.revision, revision: name.modRevision }),
        ),
    )
    .map(({ id, modRevision }) => store.commit({ writes: [{ delete: 'names', id, expect: modRevision }] }));
}

/** Where a server is to be reached; `identity` is another when it has been replaced. */
export interface Reached {
  address: string;
  port: number;
  identity: string;
}

/**
 * Finds a server: where its record says, or where its service runs.
 *
 * @returns `stopped`: not now; `unwanted`: its service has no container and none is to come, so that it holds nothing
 */
export function reach({ address, service, port }: ServerSpec, state: View): Reached | 'stopped' | 'unwanted' {
  if (address !== undefined) return { address, port, identity: `${address} ${port}` };
  const containers = state.by('containers', 'service', service ?? '');
  const [member] = membersOf(containers, state);
  const own = member?.networks[0]?.addresses[0];
  if (!member || own === undefined) return containers.length > 0 ? 'stopped' : 'unwanted';
  const published = member.published[`${port}/tcp`];
  const place = published === undefined ? { address: own, port } : { address: member.hostAddress, port: published };
  return { ...place, identity: member.identity };
}

/** Zones of all servers for which `chosen` says yes. */
export function zonesOfServers(state: View, chosen: (server: ServerSpec) => boolean): string[] {
  return state.list('accepted/dockerclouds').flatMap((cloud) => {
    const dns = dnsOf(cloud);
    if (!dns) return [];
    const zones = [...new Set([dns.zone, ...dns.reverseZones])];
    return dns.servers.flatMap((server, index) =>
      chosen(server) ? zones.map((zone) => serverZoneKey({ cloud: cloud.id, index, zone })) : [],
    );
  });
}

/** Zones of all servers that are this service, `<namespace>/<app>/<service>`. */
export const servedBy = (service: string, state: View): string[] =>
  zonesOfServers(state, (server) => server.service === service);
