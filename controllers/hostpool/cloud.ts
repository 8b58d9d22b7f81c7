import { sleep } from '../../lib/platform/index.ts';
import { allDone, type Result, timestamp } from '../../lib/reconcile/index.ts';
import type { Accepted, DockerCloudSpec, HostRecord } from '../../lib/records/index.ts';
import { type Guard, sameJson } from '../../lib/store/index.ts';
import { acceptCloud } from './accept.ts';
import { newRecord } from './adopt.ts';
import type { HostpoolContext } from './context.ts';
import { ensureCredentials } from './credentials.ts';
import { factsOf } from './facts.ts';
import { finish } from './finish.ts';
import { newHostName } from './names.ts';
import { placesOf } from './place.ts';
import { type CloudFacts, type CloudPlan, planCloud } from './plan.ts';
import { hostConditions, phaseOf } from './standing.ts';
import { cloudStatus, type Deletion } from './status.ts';
import { changed, forgotten, unitsOf } from './units.ts';

/** One cloud: what is accepted of its record, which hosts it should have, and what is to be said about it. */
export async function reconcileCloud(cloud: string, context: HostpoolContext): Promise<Result> {
  const { state, store, clock, tools, signal } = context;
  // A large cloud is looked at less often, so that its hosts, which come one by one, are taken together.
  const pause = Math.min(500, Math.floor(state.list('hosts', cloud).length / 10));
  if (pause > 0) await sleep(clock, pause, signal);
  const user = state.get('dockerclouds', cloud);
  const before = state.get('accepted/dockerclouds', cloud);
  const acceptance = acceptCloud(cloud, user, before?.value, (entry) => tools.memory.parse(entry), clock.now());
  if (!acceptance) {
    await store.delete('status/dockerclouds', cloud);
    return;
  }
  const { accepted } = acceptance;
  if (!accepted) return writeStatus(cloud, acceptance, undefined, undefined, context);

  // What is accepted is what stands there, not what a slower cache remembers.
  const guards: Guard[] = [{ unchanged: 'dockerclouds', id: cloud, at: user?.modRevision ?? 0 }];
  await store.put('accepted/dockerclouds', cloud, accepted, { guards });
  const deletion = deletionOf(cloud, accepted, context);
  const progress = deletion && (deletion.cascade || deletion.applications.length === 0) ? 'draining' : 'waiting';
  if (progress === 'draining' && deletion && state.list('hosts', cloud).length === 0)
    return finish(cloud, accepted, context);

  if (!deletion) await ensureCredentials(cloud, accepted.spec, context);
  const facts = factsOf(cloud, accepted.spec, deletion ? progress : 'none', context);
  const plan = planCloud(facts);
  const more = await carryOut(cloud, facts, plan, context);
  await writeStatus(cloud, acceptance, plan, deletion, context);
  if (more) return { after: 0 };
  return plan.recheck === undefined ? undefined : { after: plan.recheck + 1 };
}

function deletionOf(
  cloud: string,
  { deleting, spec }: Accepted<DockerCloudSpec>,
  { state }: HostpoolContext,
): Deletion | undefined {
  if (!deleting) return undefined;
  // One that is being deleted itself is not waited for: it may wait for us, to give a lost host back.
  const applications = state
    .by('accepted/applications', 'location', cloud)
    .flatMap(({ id, value }) => (value.deleting === undefined ? [id] : []));
  return { applications, cascade: spec.deletion === 'cascade' };
}

/** @returns whether there is more to write once the cache shows this */
async function carryOut(
  cloud: string,
  { hosts, spec }: CloudFacts,
  plan: CloudPlan,
  context: HostpoolContext,
): Promise<boolean> {
  const { state, store, clock, tools } = context;
  const changes = [];
  const placeOf = placesOf(spec);
  for (const { name, entry, record, health } of hosts) {
    const standing = plan.standing.get(name);
    if (!standing) {
      changes.push(forgotten(cloud, name, state));
      continue;
    }
    const verdict = JSON.stringify([standing, health.verdict, health.engine, health.message]);
    if (tools.memory.isSettled(entry, spec, verdict)) continue;
    const conditions = context.conditions(record.conditions, hostConditions(record, standing, health, spec));
    const phase = phaseOf(record, standing, conditions);
    const { removing, ...others } = standing;
    const location = placeOf(record)?.text ?? record.location;
    const after: HostRecord = { ...record, ...others, ...(removing && { removing }), location, phase, conditions };
    if (sameJson(record, after)) {
      tools.memory.settle(entry, spec, verdict);
      continue;
    }
    changes.push(changed(cloud, name, record, after, state));
    announce(cloud, name, record, after, context);
  }
  const { units, more } = unitsOf(cloud, changes, state, timestamp(clock.now()));
  await allDone([...units.map((unit) => store.commit(unit)), ...create(cloud, plan, context)]);
  return more;
}

/** The record comes first, so that a machine always has one that explains it; with it, the claim of the machine. */
function create(
  cloud: string,
  { create: wanted }: CloudPlan,
  { state, store, clock, random, installation }: HostpoolContext,
): Promise<number>[] {
  return wanted.map(({ location, machine }) => {
    const host = newHostName(cloud, random, (name) => state.by('hosts', 'name', name).length > 0);
    const record = newRecord({ cloud, location: location.text, machineId: machine ?? '', now: clock.now() });
    const claim = machine !== undefined && {
      put: 'machineclaims' as const,
      id: `${location.driver}/${machine}`,
      value: { cloud, host, installation },
      expect: 0,
    };
    return store.commit({
      writes: [{ put: 'hosts', id: `${cloud}/${host}`, value: record, expect: 0 }, ...(claim ? [claim] : [])],
    });
  });
}

function announce(
  cloud: string,
  name: string,
  before: HostRecord,
  after: HostRecord,
  { event }: HostpoolContext,
): void {
  const about = `hosts/${cloud}/${name}`;
  if (after.gone && !before.gone) event(about, 'Warning', 'Gone', 'the location does not have its machine any more');
  else if (after.lost && !before.lost)
    event(about, 'Warning', 'Lost', 'it does not answer; its containers start elsewhere');
  else if (before.lost && !after.lost)
    event(about, 'Normal', 'Returned', 'it answers again and holds nothing that was started elsewhere');
  else if (after.removing && !before.removing)
    event(about, 'Normal', 'Removing', 'it is empty and not needed any more');
}

async function writeStatus(
  cloud: string,
  { observed: accepted, generation }: NonNullable<ReturnType<typeof acceptCloud>>,
  plan: CloudPlan | undefined,
  deletion: Deletion | undefined,
  { state, store, conditions }: HostpoolContext,
): Promise<void> {
  const before = state.get('status/dockerclouds', cloud)?.value;
  // Without a plan nothing was ever accepted, and what follows the kind in the key need not be a cloud's name.
  const hosts = plan ? state.list('hosts', cloud).map(({ value }) => value) : [];
  const { phase, observed, hosts: counts } = cloudStatus(accepted, plan, hosts, deletion);
  const observedGeneration = generation ?? before?.observedGeneration;
  await store.put('status/dockerclouds', cloud, {
    ...(observedGeneration !== undefined && { observedGeneration }),
    phase,
    conditions: conditions(before?.conditions, observed, observedGeneration),
    hosts: counts,
  });
}
