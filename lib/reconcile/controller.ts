import { messageOf } from '../errors/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
import type { Condition, Observation } from '../records/index.ts';
import type { Change, Kind, Store, View } from '../store/index.ts';

/** What a reconcile is given besides its key. `Tools` are the effects of this controller: engines, machines, … */
export interface Context<Owned extends Kind, Tools> {
  /** The cache of the process, live: read it synchronously for one consistent state. */
  state: View;
  store: Store<Owned>;
  clock: Clock;
  random: Random;
  log: Log;
  tools: Tools;
  /** Random id of this installation. */
  installation: string;
  /** Of the lead: what a host compares batches by. */
  fence: Fence;
  /** Whether a key belongs to this lead's slot; always, without slots. For `background`. */
  mine(key: string): boolean;
  /** Aborts on the reconcile's time-out, loss of the lead, and shutdown. */
  signal: AbortSignal;
  /** Records what happened, for people. Aggregated and rate-limited; never throws, never waits. */
  event(about: string, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Merges what was observed into the conditions that stood there (times, generation). Pure but for the clock. */
  conditions(
    before: readonly Condition[] | undefined,
    observed: readonly Observation[],
    generation?: number,
  ): Condition[];
}

/** The lead under which effects happen. */
export interface Fence {
  controller: string;
  /** create_revision of the leader's key: grows with every new leader of the same store. */
  readonly revision: number;
  /** @throws BERTH_NOT_LEADER when the lease may have run out, by the monotonic clock. Call before each effect. */
  check(): void;
}

/** Nothing: done until something changes. `after`: again in so many milliseconds. `soon`: again, rate-limited. */
// biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that returns nothing is the usual one.
export type Result = undefined | void | { after: number } | { soon: true };

export interface ControllerDefinition<Owned extends Kind, Tools> {
  /** As in the key map; elects under `leaders/<name>`, unless it has slots. */
  name: string;
  owns: readonly Owned[];
  /** Which keys an event wakes. Called with what stood there before and with what stands there now; both answers count. */
  watches: {
    [K in Kind]?: (entry: NonNullable<Change<K>['after']>, state: View) => string | Iterable<string> | undefined;
  };
  /** Brings one key closer to what is wanted. Level-triggered: reads everything again, may be called at any time. */
  reconcile(key: string, context: Context<Owned, Tools>): Promise<Result>;
  /**
   * Shares the keys out: each slot is led on its own, under `leaders/<name>/<slot>`, and live replicas divide the slots
   * among themselves. `of` says which slot a key belongs to, always the same; a key of none is left alone. Absent: one lead.
   */
  slots?: { names: readonly string[]; of(key: string): string | undefined };
  /** Reconciles of different keys at once, in each lead. Default 4. */
  workers?: number;
  /** Milliseconds until each known key is looked at again without an event. Default 10 minutes. */
  resync?: number;
  /** Milliseconds; default 2 minutes. */
  timeout?: number;
  /**
   * Runs while this replica leads: streams of hints from outside. Ends when `signal` aborts. Anything it learns is
   * only a reason to wake a key.
   */
  background?(
    context: Omit<Context<Owned, Tools>, 'signal'> & { signal: AbortSignal; wake(key: string): void },
  ): Promise<void>;
}

/** An error that will not go away by trying again: counted, shown, not retried until something changes. */
export class Terminal extends Error {
  override readonly name = 'Terminal';
}

/** A failure that is tried again at a time of the controller's choosing, instead of the queue's backoff. Its `cause` is told. */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  /** Milliseconds. */
  readonly after: number;
  constructor(after: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.after = after;
  }
}

/** A controller, as `controllers/index.ts` lists it. */
export const controller = <const Owned extends Kind, Tools = unknown>(
  definition: ControllerDefinition<Owned, Tools>,
): ControllerDefinition<Owned, Tools> => definition;
