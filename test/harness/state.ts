import { Holdings } from '../../lib/store/holdings.ts';
import {
  type Entry,
  type IndexOf,
  type Kind,
  keyspace,
  type RecordOf,
  type Unit,
  type View,
} from '../../lib/store/index.ts';
import { encode } from '../../lib/store/records.ts';

type Records = { [K in Kind]?: { [id: string]: RecordOf<K> } };

const NOTHING = { value: Buffer.alloc(0), createRevision: 0, version: 0, lease: '0' };

/** The records of a store, in memory, for tests of pure plans: a `View` that units can be applied to. */
export class State implements View {
  readonly #keyspace = keyspace();
  readonly #holdings = new Holdings(this.#keyspace);
  readonly #created = new Map<string, number>();
  revision = 1;

  constructor(records: Records = {}) {
    this.put(records);
  }

  get<K extends Kind>(kind: K, id: string): Entry<K> | undefined {
    return this.#holdings.collection(kind).get(id);
  }

  list<K extends Kind>(kind: K, under?: string): Entry<K>[] {
    return this.#holdings.collection(kind).list(under);
  }

  by<K extends Kind>(kind: K, index: IndexOf<K>, value: string): Entry<K>[] {
    return this.#holdings.collection(kind).by(index, value);
  }

  /** Each record at a revision of its own. */
  put(records: Records): this {
    for (const [kind, byId] of Object.entries(records)) {
      for (const [id, value] of Object.entries(byId ?? {})) this.#set(kind as Kind, id, value, ++this.revision);
    }
    return this;
  }

  delete(kind: Kind, id: string): this {
    return this.#drop(kind, id, ++this.revision);
  }

  /** All at one revision. @throws when an expectation or a guard does not hold: a plan must not rely on luck */
  apply<K extends Kind>(unit: Unit<K>): this {
    for (const write of unit.writes) {
      const kind: Kind = 'put' in write ? write.put : write.delete;
      const found = this.get(kind, write.id)?.modRevision ?? 0;
      if (write.expect !== undefined && write.expect !== found)
        throw new Error(`${kind}/${write.id}: ${found} ≠ ${write.expect}`);
    }
    for (const guard of unit.guards ?? []) {
      if ('absent' in guard && this.get(guard.absent, guard.id))
        throw new Error(`${guard.absent}/${guard.id} is there`);
      if ('empty' in guard && this.list(guard.empty, guard.under).length > 0)
        throw new Error(`${guard.empty}/${guard.under} is not empty`);
      if (
        'unchanged' in guard &&
        guard.at !== undefined &&
        (this.get(guard.unchanged, guard.id)?.modRevision ?? 0) !== guard.at
      ) {
        throw new Error(`${guard.unchanged}/${guard.id} changed`);
      }
    }
    const revision = ++this.revision;
    for (const write of unit.writes) {
      if ('put' in write) this.#set(write.put, write.id, write.value, revision);
      else this.#drop(write.delete, write.id, revision);
    }
    return this;
  }

  #set(kind: Kind, id: string, value: unknown, revision: number): void {
    const key = this.#keyspace.key(kind, id);
    const createRevision = this.#created.get(key) ?? revision;
    this.#created.set(key, createRevision);
    const bytes = Buffer.from(encode(kind, value));
    const kv = { ...NOTHING, key, value: bytes, createRevision, modRevision: revision, version: 1 };
    this.#holdings.apply([{ type: 'put', kv }]);
  }

  #drop(kind: Kind, id: string, revision: number): this {
    const key = this.#keyspace.key(kind, id);
    this.#created.delete(key);
    this.#holdings.apply([{ type: 'delete', kv: { ...NOTHING, key, modRevision: revision } }]);
    return this;
  }
}
