/** Blocks of pools given back, with the affinities that hosts have to them. */

import type { Cidr } from '../../lib/addresses/index.ts';
import { CalicoReader, hostOfBlock, IpamPlan, keyOf } from '../../lib/calico/index.ts';
import { AddressSpace } from './address-space.ts';
import { writeOf } from './batch.ts';
import type { Ippool } from './context.ts';

/** Milliseconds that other IPAM clients are given to notice that a pool is disabled (calico.md §2). */
export const DISABLED_FOR = 500;

/** Affinities given back in one transaction: each is a block and an affinity. */
const AT_ONCE = 25;

/** That a host has taken a block for its own addresses. */
interface Affinity {
  host: string;
  range: Cidr;
}

/** Gives back every block of some ranges, and each host's affinity to it. */
export async function releaseBlocks(ranges: readonly Cidr[], context: Ippool): Promise<void> {
  const space = AddressSpace.of(context.state);
  const reader = new CalicoReader(context.state);
  const affinities = new Map<string, Affinity>();
  for (const within of ranges) {
    for (const { host, range } of space.affinities.inside(within))
      affinities.set(keyOf.affinity(host, range), { host, range });
    // Its affinity may be gone already: somebody deleted it, or died between the two.
    for (const { id, range } of space.blocksIn(within)) {
      const { value: block } = reader.block(id);
      const host = block && hostOfBlock(block);
      if (host !== undefined) affinities.set(keyOf.affinity(host, range), { host, range });
    }
  }
  await releaseAffinities([...affinities.values()], context);
}

/** Gives back blocks that hosts have; one with addresses in it stays, without a host. */
export async function releaseAffinities(affinities: readonly Affinity[], { state, store }: Ippool): Promise<void> {
  for (let i = 0; i < affinities.length; i += AT_ONCE) {
    const plan = new IpamPlan(new CalicoReader(state));
    for (const { host, range } of affinities.slice(i, i + AT_ONCE)) plan.releaseAffinity(host, range);
    await store.commit({ writes: [...plan.changes()].map(writeOf) });
  }
}
