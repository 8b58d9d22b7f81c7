import { Fenced } from '../../lib/fence/index.ts';
import type { HostNetwork } from '../../lib/network/index.ts';
import { Planner } from '../../lib/placement/index.ts';
import type { AnyController } from '../../lib/reconcile/index.ts';
import type { CallOptions, Guard, Kv, TxnRequest, View } from '../../lib/store/index.ts';

/** A deliberate defect: what the simulation is for is to notice it. */
export interface Bug {
  name: string;
  /** The guarantee that has to be reported as broken. */
  breaks: number;
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
  kv: (sound) =>
    new Proxy(sound, {
      get(target, name) {
        if (name !== 'txn') return Reflect.get(target, name);
        return (request: TxnRequest, options?: CallOptions) =>
          sound.txn(isElection(request) ? request : { ...request, compare: [] }, options);
      },
    }),
};

/** Elections stay sound. */
const isElection = ({ then }: TxnRequest): boolean =>
  then.some((each) => 'put' in each && each.put.includes('/leaders/'));

/** Hosts do not remember the newest leader. */
const skippedFenceOnHosts: Bug = {
  name: 'skipped-fence-on-hosts',
  breaks: 4,
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

export const bugs: readonly Bug[] = [addressFreedTooEarly, unguardedWrites, skippedFenceOnHosts, lostReservation];
