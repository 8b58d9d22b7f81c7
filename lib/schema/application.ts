import type { AcceptedBlueprint, ApplicationSpec, ServiceSpec } from '../records/index.ts';
import { type Field, isMap, oneOf, show } from './field.ts';
import { checkService, configPath } from './service.ts';
import { didYouMean } from './suggest.ts';

/** An accepted blueprint as the application controller reads it. Reports what no single field can say. */
export function toApplication(read: AcceptedBlueprint, written: unknown, field: Field): ApplicationSpec | undefined {
  if (read.location !== undefined && read.locations !== undefined)
    field.at('locations').wrong({ found: 'location as well', expected: 'one of the two' });
  const location = read.location ?? read.locations;
  if (location === undefined)
    return field.at('location').wrong({ message: 'is missing', expected: 'the name of a DockerCloud' });

  const { name, origin, services } = read;
  const writtenServices: unknown[] = isMap(written) && Array.isArray(written.services) ? written.services : [];
  const places = services.map((service, i) => ({
    service,
    written: writtenServices[i],
    field: field.at('services', i),
  }));
  for (const place of places) {
    checkService(place.service, place.written, place.field);
    checkLocation(place.written, location, place.field);
  }
  checkIds(places);
  checkLinks(places);
  return {
    ...(name === undefined ? {} : { name }),
    ...(origin === undefined ? {} : { origin }),
    location,
    services: services.map((service) => ({ ...service, strategies: [...read.strategies, ...service.strategies] })),
  };
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

function checkIds(places: readonly Place[]): void {
  const seen = new Set<string>();
  for (const { service, written, field } of places) {
    const named = isMap(written) && written.id !== undefined;
    if (seen.has(service.id))
      field.at(named ? 'id' : 'type').wrong({
        found: `the id ${show(service.id)} a second time`,
        expected: 'each id once',
        hint: named ? undefined : 'a service without an id is called by its image: give one an id',
      });
    seen.add(service.id);
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
