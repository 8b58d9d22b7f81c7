import type { AcceptedBlueprint, ApplicationSpec, BlueprintNetwork, ServiceSpec } from '../records/index.ts';
import { configPath, configured } from './configuration.ts';
import { type Field, isMap, oneOf, show } from './field.ts';
import { checkService } from './service.ts';
import { didYouMean } from './suggest.ts';

/** The network that an application has unless it says otherwise. */
const DEFAULT = 'default';
/** A network's full name is a label that Calico gives its members. */
const LONGEST_NAME = 63;

/**
 * An accepted blueprint as the application controller reads it. Reports what no single field can say.
 *
 * @param id  `<namespace>/<name>`
 */
export function toApplication(
  id: string,
  read: AcceptedBlueprint,
  written: unknown,
  field: Field,
): ApplicationSpec | undefined {
  if (read.location !== undefined && read.locations !== undefined)
    field.at('locations').wrong({ found: 'location as well', expected: 'one of the two' });
  const location = read.location ?? read.locations;
  if (location === undefined)
    return field.at('location').wrong({ message: 'is missing', expected: 'the name of a DockerCloud' });

  const { name, origin } = read;
  const writtenServices: unknown[] = isMap(written) && Array.isArray(written.services) ? written.services : [];
  const entities = read.services.map((entity, i) => ({
    entity,
    written: writtenServices[i],
    field: field.at('services', i),
  }));
  const places: Place[] = [];
  const networks: NetworkPlace[] = [];
  for (const { entity, ...place } of entities) {
    if ('networkId' in entity) networks.push({ network: entity, ...place });
    else places.push({ service: entity, ...place });
    checkLocation(place.written, location, place.field);
  }
  for (const place of places) checkService(place.service, place.written, place.field);
  checkIds(entities);
  checkLinks(places);
  checkNetworks(networks, id);
  return {
    ...(name === undefined ? {} : { name }),
    ...(origin === undefined ? {} : { origin }),
    location,
    services: places.map(({ service, written: own }) => {
      const joined = joinedNetworks(service, own, read.networks);
      const { networks: _, ...rest } = service;
      return {
        ...rest,
        ...(joined.length === 1 && joined[0] === DEFAULT ? {} : { networks: joined }),
        strategies: [...read.strategies, ...service.strategies],
      };
    }),
    ...(networks.length === 0 ? {} : { virtualNetworks: networks.map(({ network }) => network) }),
  };
}

/** The application's networks first; `network.list` names others beside them, and without any beside `default`. */
function joinedNetworks({ networks = [] }: ServiceSpec, written: unknown, all: readonly string[]): string[] {
  const chosen = networks.length > 0 && configured(written, 'network.list') === undefined;
  const first = all.length > 0 || chosen ? all : [DEFAULT];
  return [...new Set([...first, ...networks])];
}

interface NetworkPlace {
  network: BlueprintNetwork;
  written: unknown;
  field: Field;
}

function checkNetworks(places: readonly NetworkPlace[], id: string): void {
  const seen = new Set<string>();
  const most = LONGEST_NAME - id.length - '.'.length;
  for (const { network, written, field } of places) {
    const { networkId } = network;
    const at = field.at(...configPath(written, 'networkId'));
    if (networkId.length > most)
      at.wrong({
        found: `${networkId.length} characters`,
        expected: `at most ${most}, as <namespace>.<application>.<networkId> is at most ${LONGEST_NAME}`,
      });
    if (seen.has(networkId))
      at.wrong({ found: `the networkId ${show(networkId)} a second time`, expected: 'each networkId once' });
    seen.add(networkId);
  }
}

interface Place {
  service: ServiceSpec;
  written: unknown;
  field: Field;
}

function checkLocation(written: unknown, location: string, field: Field): void {
  const own = isMap(written) ? written.location : undefined;
  if (own !== undefined && own !== null && own !== location)
    field
      .at('location')
      .wrong({ code: 'BERTH_NOT_SUPPORTED_YET', found: show(own), expected: `the application's, ${location}` });
}

function checkIds(places: readonly { entity: ServiceSpec | BlueprintNetwork; written: unknown; field: Field }[]): void {
  const seen = new Set<string>();
  for (const { entity, written, field } of places) {
    const { id } = entity;
    const named = isMap(written) && written.id !== undefined;
    const from =
      'networkId' in entity
        ? 'a network without an id is called by its networkId'
        : 'a service without an id is called by its image';
    if (seen.has(id))
      field.at(named ? 'id' : 'type').wrong({
        found: `the id ${show(id)} a second time`,
        expected: 'each id once',
        hint: named ? undefined : `${from}: give one an id`,
      });
    seen.add(id);
  }
}

function checkLinks(places: readonly Place[]): void {
  const ids = places.map(({ service }) => service.id);
  for (const place of places)
    for (const { alias, service } of place.service.links)
      if (!ids.includes(service))
        linkField(place, alias).wrong({
          found: `a link to ${show(service)}`,
          expected: `the id of a service: ${oneOf(ids)}`,
          hint: didYouMean(service, ids),
        });
  for (const { place, alias, path } of circles(places))
    linkField(place, alias).wrong({ code: 'BERTH_CYCLE', found: path.join(' → '), expected: 'links without a circle' });
}

function linkField({ written, field }: Place, alias: string): Field {
  const path = configPath(written, 'links');
  const links = path.reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), written);
  return isMap(links) ? field.at(...path, alias) : field.at(...path);
}

/** The links that close a circle, depth first without recursion: an application may be a chain of a thousand services. */
function circles(places: readonly Place[]): { place: Place; alias: string; path: string[] }[] {
  const byId = new Map(places.map((place) => [place.service.id, place]));
  const done = new Set<string>();
  const found: { place: Place; alias: string; path: string[] }[] = [];
  for (const start of places) {
    if (done.has(start.service.id)) continue;
    const trail = [{ place: start, next: 0 }];
    const onTrail = new Set([start.service.id]);
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const { id, links } = top.place.service;
      const link = links[top.next++];
      if (!link) {
        done.add(id);
        onTrail.delete(id);
        trail.pop();
        continue;
      }
      const target = byId.get(link.service);
      if (!target || done.has(link.service)) continue;
      if (onTrail.has(link.service)) {
        const names = trail.map(({ place }) => place.service.id);
        found.push({
          place: top.place,
          alias: link.alias,
          path: [...names.slice(names.indexOf(link.service)), link.service],
        });
      } else {
        onTrail.add(link.service);
        trail.push({ place: target, next: 0 });
      }
    }
  }
  return found;
}
