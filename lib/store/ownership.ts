/** Who may write what: etcd roles out of the key map, so that one writer per key holds from outside as well. */

import { kinds, type Writer } from './keys.ts';
import { allKinds, type KeyRange, type Keyspace, type Stray } from './keyspace.ts';
import { prefixEnd } from './kv.ts';

export interface Permission extends Partial<Pick<KeyRange, 'end'>> {
  /** A second permission for the same keys replaces the first: who may do both is given both at once. */
  type: 'read' | 'write' | 'readwrite';
  /** Alone, or with `end` the first of a range. */
  key: string;
}

export interface Role {
  /** In etcd. Carries the prefix, so that two installations can share an etcd. */
  name: string;
  /** The controller that writes under it; absent: the role of every reader. */
  controller?: Controller;
  permissions: readonly Permission[];
}

export type Controller = Exclude<Writer, 'user' | 'election' | 'any'>;

const isController = (writer: Writer): writer is Controller =>
  writer !== 'user' && writer !== 'election' && writer !== 'any';

/** The controllers that the key map knows, by name. */
export const controllers: readonly Controller[] = [...new Set(allKinds.flatMap((kind) => [...kinds[kind].writers]))]
  .filter(isController)
  .sort();

/**
 * The controller that reports a key which is no record: the one that writes its collection, or what it accepts of it;
 * application for what no controller writes.
 */
export function reporterOf({ kind }: Pick<Stray, 'kind'>): Controller {
  const accepted = allKinds.find((each) => each === `accepted/${kind}`);
  const writers = [kind, accepted].flatMap((each): readonly Writer[] => (each ? kinds[each].writers : []));
  return writers.find(isController) ?? 'application';
}

/**
 * One role that reads everything (a process has one cache for all its controllers, and etcd lets only a reader compare)
 * and one for each controller, which writes its own kinds, its own leader's key and slots, and what every process
 * writes: members, the installation, events. A controller's user is given both.
 */
export function roles(keyspace: Keyspace): Role[] {
  const name = (suffix: string) => `${keyspace.prefix.slice(1).replaceAll('/', '-')}-${suffix}`;
  const reader: Role = {
    name: name('reader'),
    permissions: keyspace.prefixes.map((prefix) => ({ type: 'read', key: prefix, end: prefixEnd(prefix) })),
  };
  const writers = controllers.map((controller): Role => {
    const owned = allKinds.filter((kind) =>
      kinds[kind].writers.some((writer) => writer === controller || writer === 'any'),
    );
    const shared = allKinds.filter((kind) => kind !== 'leaders' && kinds[kind].writers.includes('election'));
    return {
      name: name(controller),
      controller,
      permissions: [
        ...[...owned, ...shared].map(
          (kind): Permission => ({
            type: 'write',
            ...(kinds[kind].segments.length === 0 ? { key: keyspace.key(kind, '') } : keyspace.range(kind)),
          }),
        ),
        { type: 'write', key: keyspace.key('leaders', controller) },
        { type: 'write', ...keyspace.range('leaders', controller) },
      ],
    };
  });
  return [reader, ...writers];
}

/**
 * The role of calico/node on hosts: all of Calico's keys, none of berth's. Whoever can use a host's engine can act in it.
 */
export const calicoRole = (keyspace: Keyspace): Role => ({
  name: `${keyspace.prefix.slice(1).replaceAll('/', '-')}-calico-node`,
  permissions: [{ type: 'readwrite', ...keyspace.range('calico') }],
});

/** The roles as commands for a shell. Users, and who has which role, are up to the administrator. */
export const rolesAsEtcdctl = (keyspace: Keyspace): string[] => roles(keyspace).flatMap(roleAsEtcdctl);

export const roleAsEtcdctl = ({ name, permissions }: Role): string[] => [
  `etcdctl role add ${quote(name)}`,
  ...permissions.map(({ type, key, end }) =>
    ['etcdctl role grant-permission', quote(name), type, quote(key), ...(end === undefined ? [] : [quote(end)])].join(
      ' ',
    ),
  ),
];

const quote = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
