import { isDeepStrictEqual } from 'node:util';
import { type Action, type Contained, type Member, removalOf, type Snapshot } from './model.ts';
import { hasAddresses, isAttached, isThere, networkOf, networkPlan, signature } from './network.ts';
import { creating, observe } from './observed.ts';

/**
 * What to do on a host now. Called again after it is done, until nothing is left; any prefix of it may be all that
 * happens. The life of a container, each step once the one before it shows in the snapshot:
 *
 *   claim → (hold) → create → network → start → inspect → report          (stop) → remove → network → forget
 *
 * One batch serves all containers of the host, so it waits until nothing is left to create or remove; starts and
 * forgetting wait for the batch. The first batch of a leader comes before all else and tells the host its fence.
 */
export function plan(snapshot: Snapshot): Action[] {
  const steps = [...snapshot.members.flatMap((member) => ofMember(member, snapshot)), ...strays(snapshot)];
  const inspections = steps.filter((step) => step.do === 'inspect');
  if (inspections.length > 0) return inspections;

  const effects = steps.some((step) => step.do !== 'report' && step.do !== 'claim');
  const network = networkAction(snapshot, { effects });
  if (network && snapshot.applied === undefined) return [network];
  const before = steps.filter((step) => BEFORE_THE_BATCH.has(step.do));
  if (before.length > 0) return before;
  return network ? [network] : steps;
}

const BEFORE_THE_BATCH = new Set<Action['do']>(['claim', 'hold', 'create', 'stop', 'remove']);

/** The next step of one container. */
function ofMember(member: Member, snapshot: Snapshot): Action[] {
  const { assignment, observed } = member;
  const incarnations = snapshot.containers.filter((each) => each.member === member.id);
  const container = chosen(incarnations, assignment?.uid, 'container');
  const pause = chosen(incarnations, assignment?.uid, 'pause');
  const going = incarnations.filter((each) => each !== container && each !== pause);
  if (going.length > 0) return going.flatMap((each) => takeAway(each, snapshot));
  if (observed && observed.uid !== assignment?.uid) {
    return snapshot.failures.has('namespaces') ? [] : [{ do: 'forget', member }];
  }
  if (!assignment) return [];

  const { record } = member;
  const placed = record?.spec === assignment.spec ? record : undefined;
  // Without addresses nothing is made or started: placement takes such an assignment back. What is there is told of.
  const addressed = hasAddresses(member);
  if (!observed) return addressed && (placed || container) ? [{ do: 'claim', member, observed: creating(member) }] : [];
  if (!addressed && !container) return [];

  const step = container
    ? live(member, container, { pause, snapshot })
    : placed && make(member, { placed, pause, snapshot });
  if (step) return [step];
  const seen = observe(member, container, snapshot);
  return isDeepStrictEqual(seen, observed) ? [] : [{ do: 'report', member, observed: seen }];
}

/** The one that is kept, should there ever be two: a running one, so that nothing stops that works. */
function chosen(
  incarnations: readonly Contained[],
  uid: string | undefined,
  role: Contained['role'],
): Contained | undefined {
  const alike = incarnations.filter((each) => each.uid === uid && each.role === role);
  return alike.find(({ state }) => state === 'running') ?? alike[0];
}

/** The step towards a container that is not there yet. */
function make(
  member: Member,
  {
    placed,
    pause,
    snapshot,
  }: { placed: NonNullable<Member['record']>; pause: Contained | undefined; snapshot: Snapshot },
): Action | undefined {
  const uid = member.assignment!.uid;
  const image = `image:${placed.image}`;
  if (waits(snapshot, uid) || waits(snapshot, image) || snapshot.busy.has(image)) return undefined;
  if (snapshot.shim) return { do: 'create', member, record: placed };
  return holds(pause)
    ? { do: 'create', member, record: placed, pause }
    : { do: 'hold', member, uid, ...(pause ? { container: pause } : {}) };
}

/** The step for a container that is there and wanted. */
function live(
  member: Member,
  container: Contained,
  { pause, snapshot }: { pause: Contained | undefined; snapshot: Snapshot },
): Action | undefined {
  if (!container.details) return { do: 'inspect', container };
  if (pause && !pause.details) return { do: 'inspect', container: pause };
  const uid = container.uid;
  if (snapshot.busy.has(container.id) || waits(snapshot, uid) || waits(snapshot, removalOf(uid))) return undefined;
  // What it was made to join is gone for good: it has to be made again.
  const orphaned = !snapshot.shim && !pause;
  if (container.state === 'dead' || orphaned) return { do: 'remove', container };
  if (member.record?.run === false) {
    return ['running', 'restarting', 'paused'].includes(container.state) ? { do: 'stop', container } : undefined;
  }
  if (!shouldStart(member, container)) return undefined;
  if (!hasAddresses(member)) return undefined;
  if (pause && !holds(pause)) return { do: 'hold', member, uid, container: pause };
  return isAttached(member, container, snapshot) ? { do: 'start', container } : undefined;
}

/**
 * Whether a container that does not run is to be started by us. Crashes are the engine's to mend; what is left is a
 * container that never ran, that was stopped for its record, or that the engine could not start again because its
 * namespace was gone: after a reboot.
 */
function shouldStart({ record, observed }: Member, { state, details }: Contained): boolean {
  if (state === 'created') return true;
  if (state !== 'exited' || !record) return false;
  if (observed?.stopped) return true;
  if (record.restart === 'no') return false;
  return record.restart !== 'on-failure' || details?.exitCode !== 0;
}

const holds = (pause: Contained | undefined): pause is Contained => pause?.state === 'running';

/** Steps for containers of ours that nothing in the store speaks of. */
function strays(snapshot: Snapshot): Action[] {
  const known = new Set(snapshot.members.map(({ id }) => id));
  return snapshot.containers.filter(({ member }) => !known.has(member)).flatMap((each) => takeAway(each, snapshot));
}

function takeAway(container: Contained, { busy, failures, now, containers }: Snapshot): Action[] {
  const held =
    container.role === 'pause' && containers.some(({ role, uid }) => role === 'container' && uid === container.uid);
  if (held) return [];
  if (busy.has(container.id) || container.state === 'removing') return [];
  const failure = failures.get(removalOf(container.uid));
  const ends = container.role === 'container' && ['running', 'restarting', 'paused'].includes(container.state);
  // What cannot be stopped is removed by force.
  if (ends && !failure) return [{ do: 'stop', container }];
  return failure && failure.notBefore > now ? [] : [{ do: 'remove', container }];
}

const waits = ({ failures, now }: Snapshot, what: string): boolean => (failures.get(what)?.notBefore ?? 0) > now;

/** The batch, where one is due: something changed, something is missing, or a new leader is about to act. */
function networkAction(snapshot: Snapshot, { effects }: { effects: boolean }): Action | undefined {
  const plan = networkPlan(snapshot);
  const missing = plan.attachments.some(
    ({ uid, namespace, interfaces }) => !waits(snapshot, networkOf(uid)) && !isThere(namespace, interfaces, snapshot),
  );
  const damaged = !snapshot.intact && plan.attachments.length > 0 && !waits(snapshot, 'network');
  const due =
    snapshot.applied === undefined
      ? effects || snapshot.namespaces.size > 0 || plan.attachments.length > 0
      : missing ||
        damaged ||
        snapshot.applied !== signature(plan, snapshot) ||
        isOver(snapshot, 'network') ||
        isOver(snapshot, 'namespaces');
  return due ? { do: 'network', plan } : undefined;
}

/** It failed, and may be tried again. */
const isOver = ({ failures, now }: Snapshot, what: string): boolean =>
  (failures.get(what)?.notBefore ?? Infinity) <= now;
