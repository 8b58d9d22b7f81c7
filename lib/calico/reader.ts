import type { Cidr } from '../addresses/index.ts';
import type { Entry, View } from '../store/index.ts';
import { parseRange } from './addresses.ts';
import { type Codec, tryDecode } from './codec.ts';
import type { IpamState } from './ipam-drafts.ts';
import {
  type Affinity,
  affinity,
  type Block,
  block,
  type Handle,
  handle,
  type IpamConfig,
  ipamConfig,
} from './ipam-records.ts';
import { keyOf, paths } from './keys.ts';
import type { Versioned } from './overlay.ts';
import {
  type IPPoolSpec,
  type IPReservationSpec,
  ipPool,
  ipReservation,
  type NodeSpec,
  node,
  type ProfileSpec,
  profile,
  type Resource,
} from './resources.ts';

/** Reads a record once a revision: remembered by the very bytes that the cache holds, forgotten with them. */
function reading<T>(codec: Codec<T>): (entry: Entry<'calico'> | undefined) => Versioned<T> {
  const memo = new WeakMap<Buffer, { record: T | undefined }>();
  return (entry) => {
    if (!entry) return { revision: 0 };
    let read = memo.get(entry.value);
    if (!read) {
      read = { record: tryDecode(codec, entry.id, entry.value) };
      memo.set(entry.value, read);
    }
    return { value: read.record, revision: entry.modRevision };
  };
}

const read = {
  config: reading(ipamConfig),
  block: reading(block),
  affinity: reading(affinity),
  handle: reading(handle),
  pool: reading(ipPool),
  node: reading(node),
  profile: reading(profile),
  ipReservation: reading(ipReservation),
};

/**
 * Calico's records in the cache, parsed when they are asked for and once for each revision.
 * What does not parse has no value, but a revision, so that nobody takes it for absent and writes over it.
 */
export class CalicoReader implements IpamState {
  readonly #state: View;

  constructor(state: View) {
    this.#state = state;
  }

  config(): IpamConfig | undefined {
    return read.config(this.#entry(keyOf.ipamConfig())).value;
  }

  block(id: string): Versioned<Block> {
    return read.block(this.#entry(id));
  }

  affinity(id: string): Versioned<Affinity> {
    return read.affinity(this.#entry(id));
  }

  affinities(host: string): string[] {
    return this.#state.list('calico', `${paths.hosts}/${host}`).map((entry) => entry.id);
  }

  handle(id: string): Versioned<Handle> {
    return read.handle(this.#entry(id));
  }

  pool(name: string): Versioned<Resource<IPPoolSpec>> {
    return read.pool(this.#entry(keyOf.pool(name)));
  }

  /** Every pool, ours and others'. */
  pools(): Resource<IPPoolSpec>[] {
    return this.#state.list('calico', paths.pools).flatMap((entry) => {
      const pool = read.pool(entry).value;
      return pool ? [pool] : [];
    });
  }

  node(name: string): Versioned<Resource<NodeSpec>> {
    return read.node(this.#entry(keyOf.node(name)));
  }

  profile(name: string): Versioned<Resource<ProfileSpec>> {
    return read.profile(this.#entry(keyOf.profile(name)));
  }

  ipReservation(name: string): Versioned<Resource<IPReservationSpec>> {
    return read.ipReservation(this.#entry(keyOf.ipReservation(name)));
  }

  reservations(): readonly Cidr[] {
    return this.#state.list('calico', paths.ipReservations).flatMap((entry) => {
      const ranges = read.ipReservation(entry).value?.spec.reservedCIDRs ?? [];
      return ranges.flatMap((range) => parseRange(range) ?? []);
    });
  }

  revisionOf(id: string): number {
    return this.#entry(id)?.modRevision ?? 0;
  }

  #entry(id: string): Entry<'calico'> | undefined {
    return this.#state.get('calico', id);
  }
}
