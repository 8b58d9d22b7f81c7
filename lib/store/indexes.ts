/**
 * The secondary indexes of the cache, in one table: `view.by('assignments', 'container', 'default/shop/web-0')`.
 * Each function says under which value an entry is found, or undefined for none.
 */

import type { Kind } from './keys.ts';
import type { Entry } from './types.ts';

type IndexFunction<K extends Kind> = (entry: Entry<K>) => string | undefined;

/** `h-1/default/shop/web-0` → `default/shop/web-0` */
const container = ({ id }: { id: string }): string => id.slice(id.indexOf('/') + 1);
/** `default/shop/web-0` → `default/shop` */
const app = ({ id }: { id: string }): string => id.slice(0, id.lastIndexOf('/'));
/** `h-1/default/shop/web-0` → `default/shop` */
const appOnHost = ({ id }: { id: string }): string => id.slice(id.indexOf('/') + 1, id.lastIndexOf('/'));
const cloud = ({ value }: { value: { cloud: string } }): string => value.cloud;
const uid = ({ value }: { value: { uid: string } }): string => value.uid;

export const indexes = {
  'accepted/applications': { location: ({ value }) => value.spec.location },
  containers: { cloud, app },
  networkclaims: { cloud, app },
  pending: { app },
  hosts: { name: container },
  assignments: { container, cloud, uid, app: appOnHost },
  endpoints: { container, uid, app: appOnHost },
  observed: { container, uid, app: appOnHost },
  networks: { cloud },
} satisfies { [K in Kind]?: Record<string, IndexFunction<K>> };

/** The names of a kind's indexes. */
export type IndexOf<K extends Kind> = K extends keyof typeof indexes ? keyof (typeof indexes)[K] & string : never;

const table: { [K in Kind]?: Record<string, IndexFunction<K>> } = indexes;

/** A kind's indexes, by name. */
export const indexesOf = <K extends Kind>(kind: K): Record<string, IndexFunction<K>> => table[kind] ?? {};
