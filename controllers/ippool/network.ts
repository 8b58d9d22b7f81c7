import { formatCidr, sizeOf } from '../../lib/network/index.ts';
import { GATEWAY } from '../../lib/network/linux/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import type { Entry, Guard, Write } from '../../lib/store/index.ts';
import { freeRange, sizeFor } from './allocation.ts';
import type { Ippool, Owned } from './context.ts';
import { claimOf } from './names.ts';
import { removeNetwork, restore } from './removal.ts';
import { type Created, foundations, poolOf, profileOf } from './resources.ts';
import { usedAddresses } from './usage.ts';

/** Milliseconds until a network for which there is no room, or whose name is taken, is looked at again without an event. */
const BLOCKED = 30_000;

/** Brings one application network in line with its claim. */
export async function reconcileNetwork(name: string, context: Ippool): Promise<Result> {
  const { state } = context;
  const claimed = claimOf(name);
  const claim = claimed && state.get('networkclaims', claimed.id);
  const network = state.get('networks', name);
  if (!network) return claim && createNetwork(name, claim, context);
  if (claim?.value.uid !== network.value.uid) return removeNetwork(network, context);
  if (network.value.deleting) return restore(network, context);
  return count(network, context);
}

/** Network record, pool and profile, in one transaction that compares the claim. */
async function createNetwork(name: string, claim: Entry<'networkclaims'>, context: Ippool): Promise<Result> {
  const { state, store, tools, clock, random, installation } = context;
  const origin = { installation, random, now: clock.now() };
  const size = sizeFor(claim.value, state);
  const cidr = freeRange(size.prefix, state, tools);
  if (!cidr) {
    const wanted = `a /${size.prefix} for network ${name}`;
    context.event(
      `networkclaims/${claim.id}`,
      'Warning',
      'SupernetFull',
      `${formatCidr(tools.supernet)} has no room for ${wanted}`,
    );
    return { after: BLOCKED };
  }
  const pool = poolOf({ name, cidr: formatCidr(cidr), blockSize: size.blockSize }, origin);
  if (state.get('calico', pool.id)) {
    context.event(
      `networkclaims/${claim.id}`,
      'Warning',
      'NameTaken',
      `Calico has an IP pool ${name} that is not ours`,
    );
    return { after: BLOCKED };
  }
  const cloud = state.get('accepted/dockerclouds', claim.value.cloud)?.value.spec;
  const record: Write<Owned> = {
    put: 'networks',
    id: name,
    expect: 0,
    value: {
      uid: claim.value.uid,
      cloud: claim.value.cloud,
      cidr: formatCidr(cidr),
      // Every interface's next hop, which its host answers for: networks have no router of their own.
      gateway: GATEWAY,
      pools: [name],
      blockSize: size.blockSize,
      provider: cloud?.network.provider ?? 'linux',
      used: 0,
      capacity: Number(sizeOf(cidr)),
      dns: [],
    },
  };
  // A profile of that name may be another's, and then serves as it is; so do Calico's own records.
  const shared = [profileOf(name, origin), ...foundations(origin)].filter(({ id }) => !state.get('calico', id));
  const guards: Guard[] = [{ unchanged: 'networkclaims', id: claim.id, at: claim.modRevision }];
  await tools.fresh.during(name, cidr, () =>
    store.commit({ writes: [record, ...[pool, ...shared].map(creation)], guards }),
  );
  return undefined;
}

const creation = ({ id, value }: Created): Write<Owned> => ({ put: 'calico', id, value, expect: 0 });

/** Says how full it is: for people, and for placement, which sends no more to a full network. */
async function count(network: Entry<'networks'>, { state, store }: Ippool): Promise<Result> {
  const used = usedAddresses(network, state);
  if (used !== network.value.used) await store.put('networks', network.id, { ...network.value, used });
  return undefined;
}
