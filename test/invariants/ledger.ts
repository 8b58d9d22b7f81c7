import { CalicoAudit } from '../../lib/calico/index.ts';
import type { ContainerSummary } from '../../lib/docker/index.ts';
import { addressesOf } from '../../lib/network/index.ts';
import { allKinds, type Keyspace, type Kind, kinds, type RecordOf } from '../../lib/store/index.ts';
import { type Held, Touched } from './touched.ts';

/** A container of one engine, as far as the invariants care. */
export type Running = Pick<ContainerSummary, 'id' | 'state' | 'labels'>;

type OnHost = 'assignments' | 'observed' | 'endpoints';

/**
 * Everything that the invariants look at, kept up to date change by change: the records by the kind that they are of,
 * the containers by engine. The simulation feeds it from the store in memory, end-to-end tests from etcd and engines.
 */
export class Ledger {
  readonly touched = new Touched();
  readonly engines = new Map<string, readonly Running[]>();
  /** Since when a machine answers nobody, by host, as the ledger's `now` counts. Those that answer are not in it. */
  readonly silences = new Map<string, number>();
  /** What `calicoctl ipam check` would have to say. */
  readonly calico = new CalicoAudit();
  /** What somebody else made in Calico and has not deleted: ids, as those of the kind `calico`. Blocks and affinities are shared. */
  readonly foreign = new Set<string>();
  /** How many of their changes are half done: Calico takes single steps, between which its records do not agree. */
  foreignSteps = 0;
  readonly #keyspace: Keyspace;
  readonly #records: { [K in Kind]?: Map<string, Held<K>> } = {};
  /** Assignment ids by container name. */
  readonly #byContainer = new Map<string, Set<string>>();
  /** Record ids by `<kind>/<host>`. */
  readonly #byHost = new Map<string, Set<string>>();
  readonly #byAddress = new Map<string, Set<string>>();
  readonly #enginesByContainer = new Map<string, Map<string, Running[]>>();

  /** Monotonic, milliseconds. */
  readonly now: () => number;

  /** The wall clock, milliseconds since the epoch. */
  readonly wall: () => number;

  /** @param wall  absent: as `now` */
  constructor(keyspace: Keyspace, now: () => number, wall: () => number = now) {
    this.#keyspace = keyspace;
    this.now = now;
    this.wall = wall;
  }

  /** @param change one key as the store has it now; `value` absent: deleted */
  apply(change: { key: string; value?: Buffer; createRevision: number; modRevision: number }): void {
    const located = this.#keyspace.parse(change.key);
    if (!located) return;
    const { kind, id } = located;
    const records = this.#of(kind);
    if (kind === 'calico') {
      this.touched.calico = true;
      this.calico.apply(id, change.value);
    }
    const before = records.get(id);
    this.touched.replaced(kind, id, before);
    if (before) this.#index(kind, id, before, 'remove');
    if (change.value === undefined) {
      records.delete(id);
    } else {
      // The table of kinds says which values are JSON; what the type is follows from the kind.
      const value: RecordOf<Kind> = kinds[kind].format === 'json' ? JSON.parse(change.value.toString()) : change.value;
      const after = { id, value, createRevision: change.createRevision, modRevision: change.modRevision };
      records.set(id, after);
      if (kind === 'assignments' && !before) this.touched.assigned.add(id.slice(0, id.indexOf('/')));
      this.#index(kind, id, after, 'add');
    }
  }

  /** What one engine holds of ours now. */
  engine(host: string, containers: readonly Running[] | undefined): void {
    for (const each of [...(this.engines.get(host) ?? []), ...(containers ?? [])])
      this.touched.containers.add(nameOf(each));
    this.touched.hosts.add(host);
    for (const hosts of this.#enginesByContainer.values()) hosts.delete(host);
    if (!containers) return void this.engines.delete(host);
    this.engines.set(host, containers);
    for (const each of containers) {
      const hosts = this.#enginesByContainer.get(nameOf(each)) ?? new Map<string, Running[]>();
      this.#enginesByContainer.set(nameOf(each), hosts);
      hosts.set(host, [...(hosts.get(host) ?? []), each]);
    }
  }

  get<K extends Kind>(kind: K, id: string): Held<K> | undefined {
    return this.#of(kind).get(id);
  }

  list<K extends Kind>(kind: K): Held<K>[] {
    return [...this.#of(kind).values()];
  }

  /** Kinds of which there are records. */
  kinds(): Kind[] {
    return allKinds.filter((kind) => this.#of(kind).size > 0);
  }

  /** Ids of a kind on one host. */
  onHost<K extends OnHost>(kind: K, host: string): Held<K>[] {
    const ids = this.#byHost.get(`${kind}/${host}`) ?? [];
    return [...ids].flatMap((id) => this.get(kind, id) ?? []);
  }

  /** Hosts where a container has records or Docker containers. */
  instances(container: string): ReadonlyMap<string, readonly Running[]> {
    return this.#enginesByContainer.get(container) ?? new Map();
  }

  assignmentsOf(container: string): string[] {
    return [...(this.#byContainer.get(container) ?? [])];
  }

  holders(address: string): string[] {
    return [...(this.#byAddress.get(address) ?? [])];
  }

  /** What a key is of; undefined for one outside the keyspace. */
  locate(key: string): { kind: Kind; id: string } | undefined {
    return this.#keyspace.parse(key);
  }

  /** Notes that a machine answers nobody any more, or that it answers again. One that is silent already stays so. */
  hears(host: string, what: 'nothing' | 'answers'): void {
    if (what === 'answers') this.silences.delete(host);
    else if (!this.silences.has(host)) this.silences.set(host, this.now());
  }

  /** Notes that somebody else has an address now, or has not any more. */
  foreignAddress(address: string, holder: string, how: 'held' | 'free'): void {
    this.touched.addresses.add(address);
    change(this.#byAddress, address, holder, how === 'held' ? 'add' : 'remove');
  }

  hostRecord(name: string): RecordOf<'hosts'> | undefined {
    const [id] = this.#byHost.get(`hosts/${name}`) ?? [];
    return id === undefined ? undefined : this.get('hosts', id)?.value;
  }

  #of<K extends Kind>(kind: K): Map<string, Held<K>> {
    const known: Map<string, Held<K>> | undefined = this.#records[kind];
    if (known) return known;
    const records = new Map<string, Held<K>>();
    Object.assign(this.#records, { [kind]: records });
    return records;
  }

  #index(kind: Kind, id: string, held: Held, how: 'add' | 'remove'): void {
    const [host = '', ...rest] = id.split('/');
    const name = rest.join('/');
    if (kind === 'networks') this.touched.networks = true;
    if (kind === 'hosts') {
      this.touched.hosts.add(name);
      change(this.#byHost, `hosts/${name}`, id, how);
    }
    if (kind !== 'assignments' && kind !== 'observed' && kind !== 'endpoints') return;
    this.touched.hosts.add(host);
    this.touched.containers.add(name);
    change(this.#byHost, `${kind}/${host}`, id, how);
    if (kind === 'assignments') change(this.#byContainer, name, id, how);
    if (kind === 'endpoints') {
      for (const address of (held as Held<'endpoints'>).value.interfaces.flatMap(addressesOf)) {
        this.touched.addresses.add(address);
        change(this.#byAddress, address, id, how);
      }
    }
  }
}

export const nameOf = ({ labels }: Running): string => labels['io.berth.container'] ?? '';

function change(index: Map<string, Set<string>>, key: string, id: string, how: 'add' | 'remove'): void {
  const ids = index.get(key) ?? new Set();
  if (how === 'add') ids.add(id);
  else ids.delete(id);
  if (ids.size > 0) index.set(key, ids);
  else index.delete(key);
}
