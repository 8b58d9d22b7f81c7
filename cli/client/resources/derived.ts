import { API_VERSION } from '../../../lib/schema/index.ts';
import type { Entry, Kind } from '../../../lib/store/index.ts';
import type { Read, State } from '../reading.ts';
import type { Item, Resource } from './resource.ts';

/** What a column shows of a subject; `ago` prints how long ago a time was. */
export interface ColumnOf<T> {
  name: string;
  wide?: true;
  show(subject: T, ago: (time: string | undefined) => string | undefined): string | number | undefined;
}

interface Subject {
  id: string;
  namespace?: string;
  name: string;
}

/** A kind that controllers write, as people see it: what it is put together from, and its columns. */
export interface Definition<T extends Subject> {
  plural: string;
  singular: string;
  kind: string;
  shortNames?: readonly string[];
  /** What is read, and which of it can be narrowed to a namespace. */
  reads: { byNamespace?: readonly Kind[]; whole?: readonly Kind[]; parts?: readonly Read[] };
  namespaced: boolean;
  subjects(state: State): T[];
  columns: readonly ColumnOf<T>[];
  /** What `-o json` prints below the metadata. */
  fields(subject: T): object;
  metadata?(subject: T): object;
}

/** @param ago  how long ago a time was, at a moment */
export function derived<T extends Subject>(
  definition: Definition<T>,
  ago: (time: string, now: number) => string,
): Resource {
  const { plural, singular, kind, shortNames = [], namespaced, columns, reads } = definition;
  const resource: Resource = {
    plural,
    singular,
    kind,
    shortNames,
    namespaced,
    columns: columns.map(({ name, wide = false }) => ({ name, wide })),
    reads: ({ namespace }): Read[] => [
      ...(reads.byNamespace ?? []).map((each) => ({ kind: each, under: namespace })),
      ...(reads.whole ?? []).map((each) => ({ kind: each })),
      ...(reads.parts ?? []),
    ],
    items: (state, { namespace }) =>
      definition
        .subjects(state)
        .filter((subject) => !namespaced || namespace === undefined || subject.namespace === namespace)
        .map((subject): Item => {
          const { id, name } = subject;
          return {
            resource,
            id,
            name,
            ...(subject.namespace !== undefined && { namespace: subject.namespace }),
            object: {
              apiVersion: API_VERSION,
              kind,
              metadata: {
                name,
                ...(subject.namespace !== undefined && { namespace: subject.namespace }),
                ...definition.metadata?.(subject),
              },
              ...definition.fields(subject),
            },
            cells: (now) =>
              columns.map(({ show }) =>
                show(subject, (time) => (time === undefined ? undefined : ago(time, now)))?.toString(),
              ),
          };
        }),
  };
  return resource;
}

/** A record by itself, its id taken apart. */
export type Single<K extends Kind> = Subject & { value: Entry<K>['value']; segments: string[] };

/** `my-cloud/h-1` → `h-1`: the first segments are said in columns of their own. */
export const singles =
  <K extends Kind>(kind: K, nameFrom = 0) =>
  (state: State): Single<K>[] =>
    state.list(kind).map(({ id, value }) => {
      const segments = id.split('/');
      return { id, name: segments.slice(nameFrom).join('/'), value, segments };
    });

/** `default/shop/web-0` → `shop/web-0` in namespace `default`; `skip`: segments before the namespace. */
export const namespacedSingles =
  <K extends Kind>(kind: K, skip = 0) =>
  (state: State): Single<K>[] =>
    state.list(kind).map(({ id, value }) => {
      const segments = id.split('/');
      return { id, namespace: segments[skip] ?? '', name: segments.slice(skip + 1).join('/'), value, segments };
    });
