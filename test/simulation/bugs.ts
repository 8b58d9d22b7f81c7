import { judge } from '../../controllers/application/accept.ts';
import { lossRules } from '../../controllers/hostpool/health.ts';
import { FreshRanges } from '../../controllers/ippool/tools.ts';
import { CalicoReader, nameOf, paths } from '../../lib/calico/index.ts';
import { Fenced } from '../../lib/fence/index.ts';
import type { HostNetwork } from '../../lib/network/index.ts';
import { Planner } from '../../lib/placement/index.ts';
import type { AnyController } from '../../lib/reconcile/index.ts';
import type { CallOptions, Guard, Kv, Operation, TxnRequest, View } from '../../lib/store/index.ts';

/** A deliberate defect: what the simulation is for is to notice it. */
export interface Bug {
  name: string;
  /** The guarantee that has to be reported as broken. */
  breaks: number;
  /** The processes that bring it to light soonest: those that die in the middle of things, or those that see minutes pass. */
  processes?: 'short-lived' | 'long-lived';
  /** How long the story has to be; default 400. */
  steps?: number;
  /** A deed that brings it to light: done five times as often as otherwise. */
  often?: string;
  /** The controllers with the defect in them. */
  controllers?(sound: readonly AnyController[]): readonly AnyController[];
  /** The defect in a client of the store. */
  kv?(sound: Kv): Kv;
  /** The defect in the way to a host's network. */
  network?(sound: HostNetwork): HostNetwork;
  /** Changes shared code, until the answer is called. */
  install?(): () => void;
}

/** ippool does not look whether the container is gone before it frees its addresses. */
const addressFreedTooEarly: Bug = {
  name: 'address-freed-too-early',
  breaks: 1,
  controllers: (sound) =>
    sound.map((definition) =>
      definition.name !== 'ippool'
        ? definition
        : {
            ...definition,
            reconcile: (key, context) =>
              definition.reconcile(key, {
                ...context,
                state: blindToObserved(context.state),
                store: {
                  ...context.store,
                  commit: ({ writes, guards = [] }) =>
                    context.store.commit({ writes, guards: guards.filter(isNotOfObserved) }),
                },
              }),
          },
    ),
};

const blindToObserved = (state: View): View => ({
  get revision() {
    return state.revision;
  },
  get: (kind, id) => (kind === 'observed' ? undefined : state.get(kind, id)),
  list: (kind, under) => (kind === 'observed' ? [] : state.list(kind, under)),
  by: (kind, index, value) => (kind === 'observed' ? [] : state.by(kind, index, value)),
});

const isNotOfObserved = (guard: Guard): boolean => !('absent' in guard && guard.absent === 'observed');

/** Writes compare nothing, neither the lead nor what they were decided on, so that what a dead leader sent still lands. */
const unguardedWrites: Bug = {
  name: 'unguarded-writes',
  breaks: 2,
  processes: 'short-lived',
  kv: sending((request) => (isElection(request) ? request : { ...request, compare: [] })),
};

/** Writes compare all but the lead. */
const skippedFenceInEtcd: Bug = {
  name: 'skipped-fence-in-etcd',
  breaks: 4,
  processes: 'short-lived',
  kv: sending((request) =>
    isElection(request)
      ? request
      : { ...request, compare: request.compare.filter(({ key, target }) => target !== 'create' || !isLead(key)) },
  ),
};

/** A client that sends something else than it was asked to. */
function sending(what: (asked: TxnRequest) => TxnRequest): (sound: Kv) => Kv {
  return (sound) =>
    new Proxy(sound, {
      get(target, name) {
        if (name !== 'txn') return Reflect.get(target, name);
        return (request: TxnRequest, options?: CallOptions) => sound.txn(what(request), options);
      },
    });
}

const isLead = (key: string): boolean => key.includes('/leaders/');

/** Elections stay sound. */
const isElection = ({ then }: TxnRequest): boolean => then.some((each) => 'put' in each && isLead(each.put));

/** Hosts do not remember the newest leader. */
const skippedFenceOnHosts: Bug = {
  name: 'skipped-fence-on-hosts',
  breaks: 4,
  processes: 'short-lived',
  network: (sound) => ({
    ...sound,
    // Whatever the host remembers is taken to stem from a lost future.
    apply: (plan, fence, signal) =>
      sound.apply(plan, fence, signal).catch((error: unknown) => {
        if (!(error instanceof Fenced)) throw error;
        return sound.apply(plan, { ...fence, restoredFrom: error.stored }, signal);
      }),
  }),
};

/** What was decided in a round does not count in that round. */
const lostReservation: Bug = {
  name: 'lost-reservation',
  breaks: 3,
  install() {
    const { place } = Planner.prototype;
    Planner.prototype.place = function (this: Planner, request, pipeline, extra) {
      const placement = place.call(this, request, pipeline, extra);
      if (placement.fits) placement.host.release({ ...request, ports: placement.ports });
      return placement;
    };
    return () => {
      Planner.prototype.place = place;
    };
  },
};

/** The user's record is tidied up when it is accepted. */
const usersRecordRewritten: Bug = {
  name: 'users-record-rewritten',
  breaks: 5,
  kv: sending((request) => ({ ...request, then: request.then.flatMap((each) => [each, ...tidied(each)]) })),
};

function tidied(operation: Operation): Operation[] {
  if (!('put' in operation) || !operation.put.includes('/accepted/applications/')) return [];
  const { spec } = JSON.parse(operation.value.toString());
  return [{ put: operation.put.replace('/accepted/', '/'), value: JSON.stringify(spec) }];
}

/** What application cannot read it takes for deleted. */
const invalidTakenForDeleted: Bug = {
  name: 'invalid-taken-for-deleted',
  breaks: 5,
  controllers: (sound) =>
    sound.map((definition) =>
      definition.name !== 'application'
        ? definition
        : {
            ...definition,
            reconcile: (key, context) =>
              definition.reconcile(key, { ...context, state: blindToInvalid(context.state) }),
          },
    ),
};

const blindToInvalid = (state: View): View => ({
  get revision() {
    return state.revision;
  },
  get(kind, id) {
    const entry = state.get(kind, id);
    return kind === 'applications' && Buffer.isBuffer(entry?.value) && !judge(id, entry.value).ok ? undefined : entry;
  },
  list: (kind, under) => state.list(kind, under),
  by: (kind, index, value) => state.by(kind, index, value),
});

/** Hosts are declared lost however many are silent. */
const noBrake: Bug = {
  name: 'no-brake',
  breaks: 8,
  processes: 'long-lived',
  steps: 1000,
  often: 'cut a whole cloud off',
  install() {
    const { brake } = lossRules;
    lossRules.brake = { hosts: Infinity, share: 1 };
    return () => {
      lossRules.brake = brake;
    };
  },
};

/** Networks that are made at the same time do not know of each other. */
const rangesForgotten: Bug = {
  name: 'ranges-forgotten',
  breaks: 2,
  install() {
    const { besides } = FreshRanges.prototype;
    FreshRanges.prototype.besides = () => [];
    return () => {
      FreshRanges.prototype.besides = besides;
    };
  },
};

/** What is reserved in Calico is handed out all the same. */
const gatewayHandedOut: Bug = {
  name: 'gateway-handed-out',
  breaks: 2,
  install() {
    const { reservations } = CalicoReader.prototype;
    CalicoReader.prototype.reservations = () => [];
    return () => {
      CalicoReader.prototype.reservations = reservations;
    };
  },
};

/** What stands in Calico is taken for ours, whoever made it. */
const othersBlocksTaken: Bug = {
  name: 'others-records-taken',
  breaks: 5,
  controllers: (sound) =>
    sound.map((definition) =>
      definition.name !== 'ippool'
        ? definition
        : {
            ...definition,
            async reconcile(key, context) {
              const { state, store } = context;
              for (const { id, modRevision } of state.list('calico', paths.handles))
                if (nameOf(id).startsWith('theirs'))
                  await store.commit({ writes: [{ delete: 'calico', id, expect: modRevision }] });
              return definition.reconcile(key, context);
            },
          },
    ),
};

export const bugs: readonly Bug[] = [
  addressFreedTooEarly,
  unguardedWrites,
  skippedFenceInEtcd,
  skippedFenceOnHosts,
  lostReservation,
  usersRecordRewritten,
  invalidTakenForDeleted,
  noBrake,
  rangesForgotten,
  gatewayHandedOut,
  othersBlocksTaken,
];
