import { type Cidr, contains } from '../addresses/index.ts';
import { parseRange, unionOf } from './addresses.ts';
import { protocolNumber } from './rule-records.ts';
import { type Labels, labelsIn, labelsNeeded, matches, type Selector } from './selector.ts';

/** What rules can name by its labels: a workload's or a host's endpoint, or a network set. */
export interface Labelled {
  labels: ReadonlyMap<string, string>;
  /** Whose labels it inherits; earlier ones count first, its own before all. */
  profiles: readonly string[];
  /** Addresses or ranges. */
  ranges: readonly string[];
  ports: readonly { name: string; protocol: number | string; port: number }[];
}

/** Who bears which labels, kept up to date piece by piece, so that a selector is resolved without looking at everybody. */
export class LabelIndex {
  readonly #items = new Map<string, Labelled>();
  readonly #byLabel = new Map<string, Set<string>>();
  readonly #byProfile = new Map<string, Set<string>>();
  /** Labels that each profile applies. */
  readonly #profiles = new Map<string, ReadonlyMap<string, string>>();
  readonly #profilesByLabel = new Map<string, Set<string>>();
  /** By profile: ranges of a network all of whose endpoints bear that profile. */
  readonly #networks = new Map<string, readonly string[]>();
  readonly #parsed = new Map<string, Cidr[]>();
  /** By such a profile: who bears it elsewhere, or along with others. */
  readonly #exceptions = new Map<string, Set<string>>();

  /** @param item  undefined: gone */
  set(id: string, item: Labelled | undefined): void {
    const before = this.#items.get(id);
    for (const label of before?.labels.keys() ?? []) remove(this.#byLabel, label, id);
    for (const profile of before?.profiles ?? []) {
      remove(this.#byProfile, profile, id);
      remove(this.#exceptions, profile, id);
    }
    if (!item) {
      this.#items.delete(id);
      return;
    }
    this.#items.set(id, item);
    for (const label of item.labels.keys()) add(this.#byLabel, label, id);
    for (const profile of item.profiles) {
      add(this.#byProfile, profile, id);
      if (this.#isException(item, profile)) add(this.#exceptions, profile, id);
    }
  }

  get(id: string): Labelled | undefined {
    return this.#items.get(id);
  }

  /** @param labels  that the profile applies; undefined: it is gone */
  setProfile(profile: string, labels: ReadonlyMap<string, string> | undefined): void {
    for (const label of this.#profiles.get(profile)?.keys() ?? []) remove(this.#profilesByLabel, label, profile);
    if (labels) this.#profiles.set(profile, labels);
    else this.#profiles.delete(profile);
    for (const label of labels?.keys() ?? []) add(this.#profilesByLabel, label, profile);
  }

  /**
   * Says that every endpoint of these ranges bears the profile and nothing else: selectors that select the profile's
   * labels then resolve to the ranges, whoever is in there just now.
   *
   * @param ranges  undefined: no longer
   */
  setNetwork(profile: string, ranges: readonly string[] | undefined): void {
    if (ranges) {
      this.#networks.set(profile, ranges);
      this.#parsed.set(
        profile,
        ranges.flatMap((range) => parseRange(range) ?? []),
      );
    } else {
      this.#networks.delete(profile);
      this.#parsed.delete(profile);
    }
    this.#exceptions.delete(profile);
    for (const id of this.#byProfile.get(profile) ?? []) {
      if (this.#isException(this.#items.get(id), profile)) add(this.#exceptions, profile, id);
    }
  }

  /** The labels of an endpoint, its own and those that it inherits. */
  labelsOf({ labels, profiles }: Pick<Labelled, 'labels' | 'profiles'>): Labels {
    return {
      get: (label) => {
        const own = labels.get(label);
        if (own !== undefined) return own;
        for (const profile of profiles) {
          const inherited = this.#profiles.get(profile)?.get(label);
          if (inherited !== undefined) return inherited;
        }
        return undefined;
      },
    };
  }

  /** Ranges of all that a selector selects: of whole networks, where it does not tell their members apart. */
  select(selector: Selector): string[] {
    const { networks, items } = this.#selected(selector);
    return unionOf(...networks, ...items.map(({ ranges }) => ranges));
  }

  /** Who of the selected has a port of that name: their ranges by port number. */
  portsNamed(name: string, protocol: number | undefined, selector: Selector): Map<number, string[]> {
    const found = new Map<number, string[]>();
    for (const item of this.#items.values()) {
      for (const port of item.ports) {
        if (port.name !== name || protocolNumber(port.protocol) !== protocol) continue;
        if (matches(selector, this.labelsOf(item))) {
          found.set(port.port, unionOf(found.get(port.port) ?? [], item.ranges));
        }
      }
    }
    return found;
  }

  #selected(selector: Selector): { networks: (readonly string[])[]; items: Labelled[] } {
    const looked = [...labelsIn(selector)];
    const needed = labelsNeeded(selector);
    const ids = needed ? holders(this.#byLabel, needed) : new Set<string>();
    const networks: (readonly string[])[] = [];
    for (const profile of needed ? holders(this.#profilesByLabel, needed) : this.#profiles.keys()) {
      const members = this.#byProfile.get(profile) ?? NOBODY;
      const exceptions = this.#exceptions.get(profile) ?? NOBODY;
      const ranges = this.#networks.get(profile);
      const own = ranges && this.#commonLabels(looked, members, exceptions);
      if (own && matches(selector, this.labelsOf({ labels: own, profiles: [profile] }))) networks.push(ranges);
      for (const id of own ? exceptions : members) ids.add(id);
    }
    const candidates = needed ? ids : this.#items.keys();
    const items = [...candidates].flatMap((id) => {
      const item = this.#items.get(id);
      return item && matches(selector, this.labelsOf(item)) ? [item] : [];
    });
    return { networks, items };
  }

  /** The labels looked at that a network's members have of their own; undefined where they are not the same for all. */
  #commonLabels(
    looked: readonly string[],
    members: ReadonlySet<string>,
    exceptions: ReadonlySet<string>,
  ): Map<string, string> | undefined {
    const common = new Map<string, string>();
    for (const label of looked) {
      if (!this.#byLabel.has(label)) continue;
      const values = new Set<string | undefined>();
      for (const id of members) {
        if (!exceptions.has(id)) values.add(this.#items.get(id)?.labels.get(label));
        if (values.size > 1) return undefined;
      }
      for (const value of values) if (value !== undefined) common.set(label, value);
    }
    return common;
  }

  /** Whether an endpoint with a network's profile is not just one of the network's. */
  #isException(item: Labelled | undefined, profile: string): boolean {
    const network = this.#parsed.get(profile);
    if (!network || !item) return false;
    if (item.profiles.length > 1) return true;
    return item.ranges.some((text) => {
      const range = parseRange(text);
      return !range || !network.some((each) => contains(each, range));
    });
  }
}

const NOBODY: ReadonlySet<string> = new Set();

function holders(index: ReadonlyMap<string, ReadonlySet<string>>, labels: Iterable<string>): Set<string> {
  const found = new Set<string>();
  for (const label of labels) for (const id of index.get(label) ?? []) found.add(id);
  return found;
}

function add(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}

function remove(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}
