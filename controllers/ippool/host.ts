import { contains } from '../../lib/addresses/index.ts';
import { CalicoReader, cidrOfKey, keyOf } from '../../lib/calico/index.ts';
import type { Result } from '../../lib/reconcile/index.ts';
import { containerOf, type View, type Write } from '../../lib/store/index.ts';
import { rangesIn } from './address-space.ts';
import { Batch } from './batch.ts';
import { calicoPart, forgetCalico, hasCalicoNode, leavesCalico } from './calico-host.ts';
import type { Ippool, Owned } from './context.ts';
import { removalOf } from './endpoint-removal.ts';
import { assignmentsToServe, endpointFor, endpointsToRemove, type JoinedNetwork, networksOf } from './endpoints.ts';
import { lostWorkloads } from './orphans.ts';
import { releaseAffinities } from './releases.ts';
import { bearsOurMark, isOurs, type Origin } from './resources.ts';
import type { Task } from './setbacks.ts';
import { isSound } from './sound.ts';
import { comesOffInSteps, createInSteps, needsSteps, removeInSteps } from './steps.ts';
import { poolsOfTunnels } from './tunnels.ts';
import { nodeAt, nodeOf } from './workloads.ts';

/**
 * Milliseconds between looks at a network that is not there. A new pool wakes who waits for it; but the cache may show
 * pool, network and assignment in any order.
 */
const NETWORK_MISSING = 1000;

/** Milliseconds until a host without an address for its tunnel is looked at again: another host may have given one back. */
const TUNNELS_FULL = 30_000;

/** Milliseconds for which a workload endpoint belongs to nobody before it goes: the cache may show its endpoint late. */
const LOST_FOR = 5000;

/** Brings the endpoints of one host in line with its assignments, and its Calico node with its record. */
export async function reconcileHost(host: string, context: Ippool): Promise<Result> {
  const { state, store, clock, random, installation, tools } = context;
  const origin: Origin = { installation, random, now: clock.now() };
  await removeBroken(host, context);
  const leaving = endpointsToRemove(host, state);
  const record = state.by('hosts', 'name', host)[0];
  // Nothing ever runs on a host that is gone: placement takes its assignments back.
  const coming = record && !record.value.gone ? assignmentsToServe(host, state) : [];

  let withoutTunnel = false;
  const refused = (why: string) => {
    withoutTunnel = true;
    for (const about of [`hosts/${record?.id}`, `dockerclouds/${record?.value.cloud}`])
      context.event(
        about,
        'Warning',
        'NotAddressed',
        `${host}: ${why}; raise spec.hosts.max, and its tunnels get another range`,
      );
  };
  const tasks: Task[] = [];
  const task = (about: string, perform: Task['perform']) => void tasks.push({ about, perform });
  const network = record && state.get('accepted/dockerclouds', record.value.cloud)?.value.spec.network;
  if (record && !record.value.gone && network && hasCalicoNode(host, network, state)) {
    task(`hosts/${record.id}`, (batch) =>
      batch.add(() => calicoPart(host, record.value, network, { state, origin, plan: batch.plan, refused })),
    );
  } else if (record) {
    const node = nodeFor(host, record.value.address, { state, origin, needed: coming.length > 0 });
    if (node) task(`hosts/${record.id}`, (batch) => batch.add(() => ({ writes: [node], guards: [] })));
  }
  for (const endpoint of leaving) {
    task(`containers/${containerOf(endpoint)}`, (batch) =>
      comesOffInSteps(endpoint)
        ? removeInSteps(endpoint, { batch, state })
        : batch.add(() => removalOf(endpoint, { plan: batch.plan, state })),
    );
  }
  const lost = lostWorkloads(host, state, installation);
  for (const { id, revision, handle } of tools.suspects.review(`on ${host}`, lost, clock.monotonic(), LOST_FOR)) {
    task(`hosts/${record?.id ?? host}`, (batch) =>
      batch.add(() => {
        batch.plan.release(handle);
        return { writes: [{ delete: 'calico', id, expect: revision }], guards: [] };
      }),
    );
  }
  let waiting = false;
  let unfinished = false;
  const known = new Map<string, JoinedNetwork | undefined>();
  for (const assignment of coming) {
    const networks = networksOf(assignment, state, known);
    if (!networks) {
      waiting = true;
      continue;
    }
    task(`containers/${containerOf(assignment)}`, async (batch) => {
      if (!needsSteps(networks))
        await batch.add(() => endpointFor(assignment, networks, { plan: batch.plan, state, origin }));
      else if (!(await createInSteps(assignment, networks, { batch, state, origin }))) unfinished = true;
    });
  }
  await tools.setbacks.carryOut(host, tasks, {
    begin: () => new Batch(state, store),
    tell: (about, why) => context.event(about, 'Warning', 'NotAddressed', `on ${host}: ${why}`),
  });
  if (unfinished) return { soon: true };

  const empty = state.list('endpoints', host).length === 0 && state.list('assignments', host).length === 0;
  // Others have hosts in Calico, too, and may have blocks of our networks.
  const isGone = record ? record.value.gone : hasOurNode(host, context);
  if (empty && isGone) await forget(host, context);
  if (waiting) return { after: NETWORK_MISSING };
  if (withoutTunnel) return { after: TUNNELS_FULL };
  return lost.length > 0 ? { after: LOST_FOR } : undefined;
}

/** Records of endpoints that are none: what Calico has of the containers makes them again. */
async function removeBroken(host: string, { state, store, event }: Ippool): Promise<void> {
  for (const entry of state.list('endpoints', host)) {
    if (isSound(entry)) continue;
    await store.commit({ writes: [{ delete: 'endpoints', id: entry.id, expect: entry.modRevision }] });
    event('networks', 'Warning', 'Repaired', `endpoints/${entry.id} was no record of berth's: taken away`);
  }
}

/** The Calico node of a host: made with its first endpoint, and kept at the host's address where it is ours. */
function nodeFor(
  host: string,
  address: string,
  { state, origin, needed }: { state: View; origin: Origin; needed: boolean },
): Write<Owned> | undefined {
  const { value: found, revision } = new CalicoReader(state).node(host);
  if (revision === 0) return needed ? { put: 'calico', ...nodeOf(host, address, origin), expect: 0 } : undefined;
  const value = found && isOurs(found, origin.installation) ? nodeAt(found, address) : undefined;
  return value && { put: 'calico', id: keyOf.node(host), value, expect: revision };
}

/** Whether a host was one of ours: its node is made with its first endpoint, and goes last. */
function hasOurNode(host: string, { state, installation }: Ippool): boolean {
  const node = state.get('calico', keyOf.node(host));
  return (node !== undefined && bearsOurMark(node, installation)) || leavesCalico(host, state, installation);
}

/** Gives back the blocks that a host had of our networks, and takes its Calico node away where it is ours. */
async function forget(host: string, context: Ippool): Promise<void> {
  const { state, store, installation, random, clock } = context;
  if (leavesCalico(host, state, installation)) {
    const batch = new Batch(state, store);
    const origin: Origin = { installation, random, now: clock.now() };
    await batch.add(() => forgetCalico(host, { state, origin, plan: batch.plan }));
    return batch.commit();
  }
  const held = new CalicoReader(state).affinities(host).flatMap((id) => cidrOfKey(id) ?? []);
  const ours = held.length === 0 ? [] : ourRanges(state, installation);
  const released = held.filter((cidr) => ours.some((range) => contains(range, cidr)));
  await releaseAffinities(
    released.map((range) => ({ host, range })),
    context,
  );
  const node = state.get('calico', keyOf.node(host));
  if (node && bearsOurMark(node, installation)) {
    await store.commit({ writes: [{ delete: 'calico', id: node.id, expect: node.modRevision }] });
  }
}

/** Of networks, and of tunnels between hosts. */
const ourRanges = (state: View, installation: string) => [
  ...state
    .list('networks')
    .filter(isSound)
    .flatMap(({ value }) => rangesIn(value)),
  ...state
    .list('accepted/dockerclouds')
    .flatMap(({ id }) => poolsOfTunnels(id, state, installation).map(({ range }) => range)),
];
