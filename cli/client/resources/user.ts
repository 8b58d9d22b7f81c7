import { parse } from 'yaml';
import type { Condition, Status } from '../../../lib/records/index.ts';
import { API_VERSION, type Crd, cell, crd, parseRecord, type UserKind } from '../../../lib/schema/index.ts';
import { age } from '../../output/age.ts';
import type { Read, State } from '../reading.ts';
import { poolReads, poolTime } from './pools.ts';
import type { Item, PrintedObject, Resource, Scope } from './resource.ts';

/** What a user wrote, and what its owner answers. */
export interface UserObject extends PrintedObject {
  metadata: {
    name: string;
    namespace?: string;
    /** mod_revision of the user's key; absent once that is deleted. */
    generation?: number;
    /** create_revision of the user's key, also when that is deleted. */
    uid?: number;
    deletionTimestamp?: string;
  };
  /** As it was written; absent where that cannot be read. */
  spec?: unknown;
  status?: Status;
}

/** The columns are those of the schema. */
export function userResource(plural: UserKind): Resource {
  const definition = crd(plural);
  const { kind, singular, shortNames, scope } = definition;
  const columns = definition.printerColumns.filter(({ name }) => name !== 'NAMESPACE');
  const resource: Resource = {
    plural,
    singular,
    shortNames,
    kind,
    namespaced: scope === 'Namespaced',
    columns: columns.map(({ name, priority = 0 }) => ({ name, wide: priority > 0 })),
    reads: ({ namespace }) => [
      ...recordReads(plural, scope === 'Namespaced' ? { namespace } : {}),
      ...(plural === 'virtualnetworks' ? poolReads : []),
    ],
    items: (state, { namespace }) =>
      idsOf(plural, state)
        .filter((id) => scope !== 'Namespaced' || namespace === undefined || id.startsWith(`${namespace}/`))
        .map((id): Item => {
          const object = userObject(definition, id, state);
          const spec = specInForce(plural, id, state);
          const shown = { ...object, ...(spec && { spec }) };
          const since = beginningOf(object, plural === 'virtualnetworks' ? poolTime(id, state) : undefined);
          return {
            resource,
            id,
            ...(object.metadata.namespace !== undefined && { namespace: object.metadata.namespace }),
            name: object.metadata.name,
            object,
            ...(spec && { spec }),
            cells: (now) =>
              columns.map((column) =>
                column.type === 'date' ? since && age(since, now) : cell(column, shown, (time) => time),
              ),
          };
        }),
  };
  return resource;
}

/** The records of a kind with their answers; of one of them only with `id`. */
export function recordReads(plural: UserKind, { namespace, id }: Scope & { id?: string }): Read[] {
  const kinds = [plural, `status/${plural}`, `accepted/${plural}`] as const;
  return kinds.map((kind) => (id === undefined ? { kind, under: namespace } : { kind, id }));
}

const idsOf = (plural: UserKind, state: State): string[] => {
  const entries = [plural, `status/${plural}` as const, `accepted/${plural}` as const].flatMap((kind) =>
    state.list(kind).map(({ id }) => id),
  );
  return [...new Set(entries)].sort();
};

/** A user's record as it is printed, also one that is deleted and not gone yet. */
export function userObject(definition: Crd, id: string, state: State): UserObject {
  const { plural, kind, scope } = definition;
  const record = state.get(plural, id);
  const accepted = state.get(`accepted/${plural}` as const, id)?.value;
  const status = state.get(`status/${plural}` as const, id)?.value;
  const slash = scope === 'Namespaced' ? id.indexOf('/') : -1;
  const spec = record && specOf(record.value);
  const uid = record?.createRevision ?? accepted?.uid;
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: {
      name: id.slice(slash + 1),
      ...(slash >= 0 && { namespace: id.slice(0, slash) }),
      ...(record && { generation: record.modRevision }),
      ...(uid !== undefined && { uid }),
      ...(accepted?.deleting !== undefined && { deletionTimestamp: accepted.deleting }),
    },
    ...(spec !== undefined && { spec }),
    ...(status && { status }),
  };
}

/** A bare blueprint is all spec. A text that is no record has none; its status says why. */
function specOf(text: Buffer): unknown {
  try {
    const document: unknown = parse(text.toString(), { logLevel: 'silent' });
    if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
    if ('spec' in document) return document.spec;
    return 'apiVersion' in document || 'kind' in document ? undefined : document;
  } catch {
    return undefined;
  }
}

/**
 * The spec as it is accepted, in the one form of fields that may be written in several (`location`, `locations`). Of a
 * record that nobody has looked at yet: as it would be.
 */
function specInForce(plural: UserKind, id: string, state: State): object | undefined {
  const accepted = state.get(`accepted/${plural}` as const, id)?.value.spec;
  const record = state.get(plural, id);
  if (accepted || !record) return accepted;
  const parsed = parseRecord({ kind: plural, id, value: record.value });
  return parsed.ok ? parsed.spec : undefined;
}

/**
 * When a record began, as far back as anything tells: etcd keeps no times, and one condition alone begins anew whenever
 * its status changes.
 */
function beginningOf(object: PrintedObject, known: string | undefined): string | undefined {
  const times = [known, ...conditionsOf(object).map(({ lastTransitionTime }) => lastTransitionTime)];
  // All are RFC 3339 in UTC: the order of the texts is that of the times.
  return times.filter((time) => time !== undefined).sort()[0];
}

/** A condition of an object; undefined where it speaks of an older generation of the record. */
export function currentCondition(object: PrintedObject, type: string): Condition | undefined {
  const { generation } = object.metadata;
  const condition = conditionsOf(object).find((each) => each.type.toLowerCase() === type.toLowerCase());
  const seen = condition?.observedGeneration;
  return generation !== undefined && seen !== undefined && seen !== generation ? undefined : condition;
}

/** Those of a user's record stand in its status, those of a host in the record itself. */
export function conditionsOf(object: PrintedObject): readonly Condition[] {
  const { status } = object;
  const found =
    typeof status === 'object' && status !== null && 'conditions' in status ? status.conditions : object.conditions;
  return Array.isArray(found) ? found : [];
}
