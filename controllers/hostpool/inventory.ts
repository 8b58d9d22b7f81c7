import type { Locations, Machine } from '../../lib/machine/index.ts';

/** A machine, and whose list it stands in. */
export type Listed = Machine & { driver: keyof Locations };

/** Milliseconds that a machine must have been missing, or unexplained, over two lists at least, until it is believed. */
const GRACE = 10_000;

interface Sighting {
  since: number;
  lists: number;
}

/** What the locations of a cloud listed last, and what did not fit the host records. Memory only. */
export class Inventory {
  readonly #clouds = new Map<
    string,
    { machines: Map<string, Listed>; missing: Map<string, Sighting>; strange: Map<string, Sighting> }
  >();

  /**
   * Takes a list in.
   *
   * @param expected  hosts whose machine was made before the list was asked for, by these locations
   * @param recorded  whether a host has a record now
   * @param now       monotonic milliseconds
   */
  take(
    cloud: string,
    machines: readonly Listed[],
    expected: readonly string[],
    recorded: (host: string) => boolean,
    now: number,
  ): void {
    const before = this.#clouds.get(cloud);
    const listed = new Map(machines.map((machine) => [machine.host, machine]));
    const missing = expected.filter((host) => !listed.has(host));
    const strange = [...listed.keys()].filter((host) => !recorded(host));
    this.#clouds.set(cloud, {
      machines: listed,
      missing: sightings(before?.missing, missing, now),
      strange: sightings(before?.strange, strange, now),
    });
  }

  machine(cloud: string, host: string): Listed | undefined {
    return this.#clouds.get(cloud)?.machines.get(host);
  }

  /** Something did not fit the last time: worth another look soon. */
  isPuzzled(cloud: string): boolean {
    const known = this.#clouds.get(cloud);
    return known !== undefined && known.missing.size + known.strange.size > 0;
  }

  /** The machine was there and its location does not list it any more. */
  isMissing(cloud: string, host: string, now: number): boolean {
    return certain(this.#clouds.get(cloud)?.missing.get(host), now);
  }

  /** All that was listed last. */
  machines(cloud: string): Listed[] {
    return [...(this.#clouds.get(cloud)?.machines.values() ?? [])];
  }

  /** Machines that carry our tags and that no host record explains. */
  strangers(cloud: string, now: number): Listed[] {
    const known = this.#clouds.get(cloud);
    if (!known) return [];
    return [...known.machines.values()].filter(({ host }) => certain(known.strange.get(host), now));
  }

  forget(cloud: string): void {
    this.#clouds.delete(cloud);
  }
}

function sightings(
  before: Map<string, Sighting> | undefined,
  hosts: readonly string[],
  now: number,
): Map<string, Sighting> {
  return new Map(
    hosts.map((host) => {
      const known = before?.get(host);
      return [host, { since: known?.since ?? now, lists: (known?.lists ?? 0) + 1 }];
    }),
  );
}

const certain = (sighting: Sighting | undefined, now: number): boolean =>
  sighting !== undefined && sighting.lists >= 2 && now - sighting.since >= GRACE;
