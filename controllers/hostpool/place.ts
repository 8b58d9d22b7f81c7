import { machineKey } from '../../lib/location/index.ts';
import type { DockerCloudSpec, HostRecord, LocationSpec } from '../../lib/records/index.ts';

/**
 * Finds the location of a cloud's record that a host is of: the one that it was made in, or a list of machines that has
 * its machine. A list is edited while its hosts run: it is another text then, and those that still stand in it stay.
 *
 * @returns undefined for a host that has no place in the record any more
 */
export function placesOf({
  location: places,
}: Pick<DockerCloudSpec, 'location'>): (host: Pick<HostRecord, 'location' | 'machineId'>) => LocationSpec | undefined {
  let listed: Map<string, LocationSpec> | undefined;
  return ({ location, machineId }) => {
    const same = places.find(({ text }) => text === location);
    if (same || driverOf({ location }) !== 'byon') return same;
    listed ??= new Map(
      places.flatMap((place) =>
        place.driver === 'byon' ? place.machines.map((machine) => [machineKey(machine), place] as const) : [],
      ),
    );
    return listed.get(machineId);
  };
}

/** Also of a location that has left the cloud's record: its text begins with its driver's name. */
export const driverOf = ({ location }: { location: string }): string => /^[a-z-]+/.exec(location)?.[0] ?? '';

/** One location of each driver: a list answers everything of the cloud that the driver has. */
export function byDriver({ location }: DockerCloudSpec): LocationSpec[] {
  return [...new Map(location.map((each) => [each.driver, each])).values()];
}
