import type { Read, State } from '../reading.ts';

/** Which part of the store is asked for: one namespace, or all where it is absent. */
export interface Scope {
  namespace?: string | undefined;
}

/** One thing that people look at: a row of `berth get`. */
export interface Item {
  resource: Resource;
  /** The whole name within its resource: `default/shop`, `my-cloud/h-1`. */
  id: string;
  namespace?: string;
  /** As it is printed and asked for: `shop`, `h-1`, `shop/web-0`. */
  name: string;
  /** What `-o json` prints: what stands in the store, whole, with what its user wrote into it. `describe` masks. */
  object: PrintedObject;
  /** What counts of a user's record: its accepted spec, or what would be accepted; absent where it cannot be read. */
  spec?: object;
  /** What each column of the resource shows; `now` in milliseconds since the epoch. */
  cells(now: number): (string | undefined)[];
}

/** Flat as in etcd, below what says which record it is. */
export interface PrintedObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [more: string]: unknown };
  [field: string]: unknown;
}

export interface Column {
  name: string;
  /** Only with `-o wide`. */
  wide: boolean;
}

/** A kind as people know it, put together from one or several kinds of the store. */
export interface Resource {
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
  /** Without the namespace. */
  readonly columns: readonly Column[];
  /** What has to be read for it. */
  reads(scope: Scope): Read[];
  /** In the order of their names. */
  items(state: State, scope: Scope): Item[];
}

/** `application/shop` */
export const fullName = ({ resource, name }: Pick<Item, 'resource' | 'name'>): string => `${resource.singular}/${name}`;
