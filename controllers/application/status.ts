/** What an application says about itself, from what stands and what is planned. Pure; times are merged in later. */

import {
  type Bar,
  type CloudState,
  completeOf,
  containerName,
  type Incarnation,
  networkName,
  ownNetworks,
  type Plan,
  ROOT,
  type Snapshot,
  upOf,
  type Wait,
} from '../../lib/blueprint/index.ts';
import type { ApplicationSpec, ApplicationStatus, Observation } from '../../lib/records/index.ts';

export type Phase = 'Pending' | 'Deploying' | 'Running' | 'Degraded' | 'Deleting' | 'Failed';

export interface Assessment {
  phase: Phase;
  /** `Ready` and `Progressing`. */
  conditions: Observation[];
  containers: ApplicationStatus['containers'];
}

export interface Situation {
  spec: ApplicationSpec;
  snapshot: Snapshot;
  plan: Plan;
  cloud: CloudState;
  /** Whether this very spec was up before: what is missing now was lost. */
  hasRun: boolean;
}

/** Why nothing can be started or changed. */
const without = {
  missing: { reason: 'NotFound', says: 'does not exist; it is looked at again when one appears' },
  deleting: { reason: 'CloudDeleting', says: 'is being deleted; nothing is started or changed in it' },
} as const;

/** Why nothing can be started or changed on a VirtualNetwork; what runs there stays. */
const bars: Record<Bar, { reason: string; says(network: string, namespace: string): string }> = {
  missing: {
    reason: 'NotFound',
    says: (network) => `${network} does not exist; it is looked at again when one appears`,
  },
  deleting: {
    reason: 'NetworkDeleting',
    says: (network) => `${network} is being deleted; nothing is started or changed on it`,
  },
  forbidden: {
    reason: 'NetworkNotAllowed',
    says: (network, namespace) =>
      `${network} is none that the namespace “${namespace}” may join (its spec.networks); nothing is started or changed on it`,
  },
};

/** How many of a kind a message names. */
const SHOWN = 3;

export function assess({ spec, snapshot, plan, cloud, hasRun }: Situation): Assessment {
  const wanted = spec.services.flatMap(({ id, replicas }) =>
    Array.from({ length: replicas }, (_, index) => containerName(id, index)),
  );
  const standing = wanted.flatMap((name) => {
    const container = snapshot.containers.get(name);
    return container ? [{ name, container }] : [];
  });
  const containers = {
    wanted: wanted.length,
    assigned: standing.filter(({ container }) => container.incarnations.length > 0).length,
    running: standing.filter(({ container }) => container.incarnations.some(isRunning)).length,
  };

  if (cloud !== 'accepted') {
    const { reason, says } = without[cloud];
    const message = `the DockerCloud “${spec.location}” ${says}`;
    return {
      phase: snapshot.containers.size > 0 ? 'Degraded' : 'Pending',
      conditions: [ready('False', reason, message), progressing('False', reason, message)],
      containers,
    };
  }

  const changing = plan.units.some(({ writes }) => writes.some(isContainer));
  const up = standing.filter(({ name, container }) => upOf(name, container)).length;
  const complete = standing.flatMap(({ name, container }) => {
    const done = completeOf(container);
    return done ? [[name, endOf(done)].join(': ')] : [];
  });
  const hindrances = networkHindrances(spec, snapshot, plan);
  const [hindrance] = hindrances;
  if (up + complete.length === wanted.length && !changing && plan.outdated.length === 0 && !hindrance) {
    const message = few(complete).join('; ');
    return {
      phase: 'Running',
      conditions: [ready('True', 'Ready', message), progressing('False', 'Complete', '')],
      containers,
    };
  }
  const message = explain({ snapshot, plan, up, complete: complete.length, wanted, hindrances });
  const pending = standing.flatMap(({ container }) =>
    container.pending && container.incarnations.length === 0 ? container.pending.reason : [],
  );
  const isUpdating = plan.updating.length > 0 || plan.outdated.length > 0;
  // Whoever waits for links is placed when those that no host fits are.
  const unplaced = pending.find((each) => each === 'Unschedulable') ?? pending[0];
  const usual = isUpdating ? 'Updating' : (unplaced ?? hindrance?.reason ?? 'Starting');
  const isHindered = snapshot.barred.size > 0 || plan.held.size > 0;
  const reason = isHindered && hindrance ? hindrance.reason : usual;
  return {
    phase: hasRun ? 'Degraded' : containers.assigned === 0 ? 'Pending' : 'Deploying',
    conditions: [ready('False', reason, message), progressing('True', reason, message)],
    containers,
  };
}

/**
 * Networks that its containers cannot join: those barred to it, its own that are claimed and not there, and VirtualNetworks
 * that containers would join which run on without them.
 */
function networkHindrances(
  spec: ApplicationSpec,
  { namespace, app, barred, claims, networks }: Snapshot,
  { held }: Plan,
): { reason: string; message: string }[] {
  const shared = [...barred].map(([name, bar]) => {
    const { reason, says } = bars[bar];
    return { reason, message: says(`the VirtualNetwork “${name}”`, namespace) };
  });
  const own = [...ownNetworks(spec).keys()]
    .filter((name) => claims.has(name) && !networks.has(name))
    .map((name) => {
      const message = `the network ${networkName(namespace, app, name)} is not there yet; its events say why`;
      return { reason: 'NetworkNotReady', message };
    });
  const mine = new Set([...ownNetworks(spec).keys()].map((name) => networkName(namespace, app, name)));
  const absent = [...new Set([...held.values()].flat())]
    .filter((name) => !mine.has(name))
    .map((name) => ({
      reason: 'NetworkNotReady',
      message: `the VirtualNetwork “${name}” is not ready; its conditions say why`,
    }));
  return [...shared, ...own, ...absent];
}

/** Of whatever spec. */
const isRunning = ({ assignment, host, observed }: Incarnation): boolean =>
  observed?.state === 'running' && observed.uid === assignment.uid && !host.lost;

const ENDED: readonly string[] = ['exited', 'dead', 'restarting'];

/** `exited (0)` of what ran and does not: Docker's own word, and the exit code where it is known. */
function endOf({ observed }: Incarnation): string | undefined {
  if (!observed || !ENDED.includes(observed.state)) return undefined;
  return observed.exitCode === undefined ? observed.state : `${observed.state} (${observed.exitCode})`;
}

const isContainer = (write: Plan['units'][number]['writes'][number]): boolean =>
  ('put' in write ? write.put : write.delete) === 'containers';

const ready = (status: Observation['status'], reason: string, message: string): Observation => ({
  type: 'Ready',
  status,
  reason,
  message,
});
const progressing = (status: Observation['status'], reason: string, message: string): Observation => ({
  type: 'Progressing',
  status,
  reason,
  message,
});

/** What is missing and why: counts first, then of each kind of reason the first few. */
function explain({
  snapshot,
  plan,
  up,
  complete,
  wanted,
  hindrances,
}: Pick<Situation, 'snapshot' | 'plan'> & {
  up: number;
  complete: number;
  wanted: readonly string[];
  hindrances: readonly { message: string }[];
}): string {
  const waiting = [...plan.waits].map(([service, waits]) => `${service} waits for ${waitsText(waits)}`);
  const pending: string[] = [];
  const failing: string[] = [];
  for (const name of wanted) {
    const container = snapshot.containers.get(name);
    if (!container || upOf(name, container) || completeOf(container)) continue;
    if (container.incarnations.length === 0) {
      if (container.pending !== undefined) pending.push(`${name}: ${container.pending.message}`);
      continue;
    }
    for (const incarnation of container.incarnations) {
      const { host, observed, endpoint } = incarnation;
      const said =
        observed?.message ?? endpoint?.message ?? (observed?.health === 'unhealthy' ? 'unhealthy' : undefined);
      const trouble = [endOf(incarnation), said].filter((each) => each !== undefined);
      if (host.lost) failing.push(`${name}: its host ${host.name} is lost`);
      else if (trouble.length > 0) failing.push([name, ...trouble].join(': '));
    }
  }
  const updating = plan.updating.map((name) => `${name} is being replaced`);
  const turn = plan.outdated.length > 0 ? [`${plan.outdated.length} more will be replaced`] : [];
  return [
    `${up} of ${wanted.length} containers are up${complete > 0 ? `, ${complete} ${complete === 1 ? 'is' : 'are'} complete` : ''}`,
    ...few(hindrances.map(({ message }) => message)),
    ...few(waiting),
    ...few(pending),
    ...few(failing),
    ...few(updating),
    ...turn,
  ].join('; ');
}

/** The first few, and how many more there are. */
export const few = (texts: readonly string[]): string[] =>
  texts.length > SHOWN ? [...texts.slice(0, SHOWN), `${texts.length - SHOWN} more likewise`] : [...texts];

/** `db` for a link, `main.uri of db` for another sensor. */
const waitsText = (waits: readonly Wait[]): string =>
  few([
    ...new Set(
      waits.map(({ entity, sensor }) => {
        const name = entity === ROOT ? 'the application' : entity;
        return sensor === 'service.isUp' ? name : `${sensor} of ${name}`;
      }),
    ),
  ]).join(', ');
