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
  #before: { [K in Kind]?: Map<string, Held<K> | undefined> } = {};

  /** Notes what a record was before its first change. */
  replaced<K extends Kind>(kind: K, id: string, before: Held<K> | undefined): void {
    if (!COMPARED.has(kind)) return;
    const records: Map<string, Held<K> | undefined> = this.#before[kind] ?? new Map();
    Object.assign(this.#before, { [kind]: records });
    if (!records.has(id)) records.set(id, before);
  }

  /** The records of a kind that were changed, each with what it was before. */
  before<K extends Kind>(kind: K): ReadonlyMap<string, Held<K> | undefined> {
    return this.#before[kind] ?? new Map();
  }

  clear(): void {
    for (const each of [this.hosts, this.containers, this.addresses, this.assigned]) each.clear();
    this.#before = {};
    this.networks = false;
    this.calico = false;
  }
}
