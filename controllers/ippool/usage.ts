import { type Block, CalicoReader, keyOf, usedIn } from '../../lib/calico/index.ts';
import { type Cidr, countOfSubnets, subnetAt, tryParseCidr } from '../../lib/network/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';

/** Pools of a network that exist, with the size of their blocks. */
export function poolsOf({ value }: Entry<'networks'>, state: View): { cidr: Cidr; blockSize: number }[] {
  const reader = new CalicoReader(state);
  return value.pools.flatMap((name) => {
    const spec = reader.pool(name).value?.spec;
    const cidr = spec && tryParseCidr(spec.cidr);
    return cidr ? [{ cidr, blockSize: spec.blockSize ?? value.blockSize }] : [];
  });
}

/** Every block of a network's pools that there is. */
export function* blocksOf(network: Entry<'networks'>, state: View): Iterable<{ cidr: Cidr; block: Block }> {
  const reader = new CalicoReader(state);
  for (const { cidr, blockSize } of poolsOf(network, state)) {
    const blocks = countOfSubnets(cidr, blockSize);
    for (let i = 0; i < blocks; i++) {
      const range = subnetAt(cidr, blockSize, i);
      const block = reader.block(keyOf.block(range)).value;
      if (block) yield { cidr: range, block };
    }
  }
}

/** Addresses of a network that somebody holds. */
export function usedAddresses(network: Entry<'networks'>, state: View): number {
  let used = 0;
  for (const { block } of blocksOf(network, state)) used += usedIn(block);
  return used;
}
