import type { Kind, RecordOf } from '../../lib/store/index.ts';

/** A record as the store holds it. */
export interface Held<K extends Kind = Kind> {
  id: string;
  value: RecordOf<K>;
  createRevision: number;
  modRevision: number;
}

/** Kinds that are judged by what stood there before. */
const COMPARED: ReadonlySet<Kind> = new Set<Kind>([
  'accepted/applications',
  'accepted/dockerclouds',
  'accepted/virtualnetworks',
  'status/applications',
  'status/dockerclouds',
  'status/virtualnetworks',
  'assignments',
  'containers',
  'hosts',
  'networks',
  'pending',
]);

/** What changes since the last check may have broken. */
export class Touched {
  readonly hosts = new Set<string>();
  /** `<namespace>/<app>/<name>` */
  readonly containers = new Set<string>();
  readonly addresses = new Set<string>();
  /** Hosts that were given something new. */
  readonly assigned = new Set<string>();
  networks = false;
  /** Anything in Calico's tree. */
  calico = false;
  readonly #before = new Map<Kind, Map<string, Held | undefined>>();

  /** Notes what a record was before its first change. */
  replaced(kind: Kind, id: string, before: Held | undefined): void {
    if (!COMPARED.has(kind)) return;
    const records = this.#before.get(kind) ?? new Map<string, Held | undefined>();
    this.#before.set(kind, records);
    if (!records.has(id)) records.set(id, before);
  }

  /** The records of a kind that were changed, each with what it was before. */
  before<K extends Kind>(kind: K): ReadonlyMap<string, Held<K> | undefined> {
    // Only `replaced` fills it, with what the kind's key held.
    return (this.#before.get(kind) ?? new Map()) as unknown as ReadonlyMap<string, Held<K> | undefined>;
  }

  clear(): void {
    for (const each of [this.hosts, this.containers, this.addresses, this.assigned, this.#before]) each.clear();
    this.networks = false;
    this.calico = false;
  }
}
