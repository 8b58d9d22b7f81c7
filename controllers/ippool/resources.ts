/** The records that berth makes in Calico for networks, as calicoctl itself would write them. */

import {
  type Codec,
  checkMetadata,
  checkPool,
  clusterInformation,
  type IPPoolSpec,
  ipamConfig,
  ipPool,
  ipReservation,
  type Json,
  keyOf,
  type Metadata,
  type Problem,
  type ProfileSpec,
  parseJson,
  profile,
  type Resource,
  rfc3339,
  tier,
  tryDecode,
} from '../../lib/calico/index.ts';
import { BerthError, isCode } from '../../lib/errors/index.ts';
import type { Random } from '../../lib/platform/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { clusterGuid, uuid } from './names.ts';

/** What tells our resources from others' in a Calico that several share. */
const INSTALLATION = 'io.berth.installation';
/** The network that a resource is part of. */
const NETWORK = 'io.berth.network';

export interface Origin {
  installation: string;
  random: Random;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A record to create where it stands. */
export interface Created {
  id: string;
  value: string;
}

/** A record of Calico's; undefined where there is none, or where it does not parse. */
export function readable<T>(codec: Codec<T>, entry: Entry<'calico'> | undefined): T | undefined {
  return entry && tryDecode(codec, entry.id, entry.value);
}

/** Whether a resource carries our mark, also where nothing else of it is as Calico writes it. */
export function bearsOurMark({ value }: Entry<'calico'>, installation: string): boolean {
  try {
    const metadata = fieldOf(parseJson(value.toString(), ''), 'metadata');
    return fieldOf(fieldOf(metadata, 'annotations'), INSTALLATION) === installation;
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX')) return false;
    throw error;
  }
}

const fieldOf = (json: Json | undefined, name: string): Json | undefined =>
  json instanceof Map ? json.get(name) : undefined;

export const isOurs = ({ metadata }: { metadata: Metadata }, installation: string): boolean =>
  metadata.annotations?.get(INSTALLATION) === installation;

/** The network that a resource of ours is part of; undefined where it does not say. */
export const networkOfResource = ({ metadata }: { metadata: Metadata }): string | undefined =>
  metadata.annotations?.get(NETWORK);

export function poolOf(pool: { name: string; network: string; spec: IPPoolSpec }, origin: Origin): Created {
  const made = resource('IPPool', pool.name, pool.spec, { ...origin, network: pool.network });
  return create(keyOf.pool(pool.name), ipPool, checked(made, checkPool(made)));
}

export const profileOf = (network: string, spec: ProfileSpec, origin: Origin): Created =>
  create(keyOf.profile(network), profile, checked(resource('Profile', network, spec, { ...origin, network })));

/** Keeps addresses of a network from being handed out. */
export function reservationOf(network: string, reservedCIDRs: string[], origin: Origin): Created {
  const made = resource('IPReservation', network, { reservedCIDRs }, { ...origin, network });
  return create(keyOf.ipReservation(network), ipReservation, checked(made));
}

/** @throws BERTH_INTERNAL naming the field: Calico's clients refuse such a record, etcd does not */
function checked<Spec>(made: Resource<Spec>, problems: readonly Problem[] = []): Resource<Spec> {
  const [problem] = [...checkMetadata(made), ...problems];
  if (!problem) return made;
  throw new BerthError('BERTH_INTERNAL', `a record that Calico refuses: ${problem.field} ${problem.message}`, {
    place: `${made.kind}/${made.metadata.name}`,
  });
}

/** What Calico's programs expect to find, in the order and with the values that calicoctl makes it: never changed, only created. */
export function foundations(origin: Origin): Created[] {
  const spec = { clusterGUID: clusterGuid(origin.random), datastoreReady: true };
  const defaultTier = resource('Tier', 'default', { order: 1_000_000, defaultAction: 'Deny' }, origin);
  return [
    create(keyOf.clusterInformation(), clusterInformation, resource('ClusterInformation', 'default', spec, origin)),
    create(keyOf.tier('default'), tier, { ...defaultTier, status: new Map() }),
    create(keyOf.ipamConfig(), ipamConfig, { auto_allocate_blocks: true }),
  ];
}

export const frame = (kind: string) => ({ kind, apiVersion: 'projectcalico.org/v3' });

/** calicoctl and calico/node refuse to update what has no uid or creation time. */
export function resource<Spec>(
  kind: string,
  name: string,
  spec: Spec,
  origin: Origin & { network?: string },
): Resource<Spec> {
  const annotations = new Map([[INSTALLATION, origin.installation]]);
  if (origin.network !== undefined) annotations.set(NETWORK, origin.network);
  const metadata: Metadata = {
    name,
    uid: uuid(origin.random),
    creationTimestamp: rfc3339(origin.now),
    annotations,
  };
  return { ...frame(kind), metadata, spec };
}

export const bytes = <T>(codec: Codec<T>, value: T): Buffer => Buffer.from(codec.write(value));

export const create = <T>(id: string, codec: Codec<T>, value: T): Created => ({
  id,
  value: codec.write(value),
});
