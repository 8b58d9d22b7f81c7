/**
 * The secondary indexes of the cache, in one table: `view.by('assignments', 'container', 'default/shop/web-0')`.
 * Each function says under which value an entry is found, or undefined for none.
 */

import { blockRegion, poolRange } from './calico-indexes.ts';
import { appOf, containerOf, nameOf } from './ids.ts';
import type { Kind } from './keys.ts';
import type { Entry } from './types.ts';

type IndexFunction<K extends Kind> = (entry: Entry<K>) => string | undefined;

/** `h-1/default/shop/web-0` → `default/shop` */
const appOnHost = (entry: { id: string }): string => appOf({ id: containerOf(entry) });
const cloud = ({ value }: { value: { cloud: string } }): string => value.cloud;
const uid = ({ value }: { value: { uid: string } }): string => value.uid;

export const indexes = {
  'accepted/applications': { location: ({ value }) => value.spec.location },
  containers: { cloud, app: appOf, service: (entry) => `${appOf(entry)}/${entry.value.service}` },
  networkclaims: { cloud, app: appOf },
  pending: { app: appOf },
  hosts: { name: nameOf },
  assignments: { container: containerOf, cloud, uid, app: appOnHost },
  endpoints: { container: containerOf, uid, app: appOnHost },
  observed: { container: containerOf, uid, app: appOnHost },
  networks: {
    cloud,
    // Those that let others in: few, among many that do not.
    sharing: ({ value: { closed, allowFrom = [] } }) => (closed === false || allowFrom.length > 0 ? 'yes' : undefined),
  },
  calico: { region: blockRegion, range: poolRange },
  names: { owner: ({ value }) => value.owner },
} satisfies { [K in Kind]?: Record<string, IndexFunction<K>> };

/** The names of a kind's indexes. */
export type IndexOf<K extends Kind> = K extends keyof typeof indexes ? keyof (typeof indexes)[K] & string : never;

const table: { [K in Kind]?: Record<string, IndexFunction<K>> } = indexes;

/** A kind's indexes, by name. */
export const indexesOf = <K extends Kind>(kind: K): Record<string, IndexFunction<K>> => table[kind] ?? {};
