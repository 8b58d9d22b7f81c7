import { expect } from 'chai';
import { BerthError } from '../../../lib/errors/index.ts';
import type { Kv, Operation, Watch, WatchEvent, WatchRequest } from '../../../lib/store/kv.ts';

/** What a watch said. */
export interface Recording {
  /** One element for each call of `onEvents`. */
  readonly messages: { events: WatchEvent[]; revision: number }[];
  /** Up to here everything has been delivered, says the watch. */
  revision: number;
  /** All of them, in order. */
  readonly events: WatchEvent[];
  /** `put a=1`, `delete a`: what a table can compare. */
  readonly summary: string[];
  readonly errors: BerthError[];
  readonly error: BerthError | undefined;
  readonly watch: Watch;
}

/** Opens a watch and records it. */
export function recordWatch(kv: Kv, range: Omit<WatchRequest, 'onEvents' | 'onEnd'>): Recording {
  const messages: Recording['messages'] = [];
  const errors: BerthError[] = [];
  const recording = {
    messages,
    errors,
    revision: 0,
    get events() {
      return messages.flatMap(({ events }) => events);
    },
    get summary() {
      return this.events.map(({ type, kv }) => (type === 'put' ? `put ${kv.key}=${kv.value}` : `delete ${kv.key}`));
    },
    get error() {
      return errors[0];
    },
    watch: kv.watch({
      ...range,
      onEvents(events, revision) {
        messages.push({ events, revision });
        recording.revision = revision;
      },
      onEnd: (error) => errors.push(error),
    }),
  };
  return recording;
}

/** The error of a call that must fail. */
export async function rejection(promise: Promise<unknown>): Promise<BerthError> {
  try {
    await promise;
  } catch (error) {
    expect(error, String(error)).to.be.instanceOf(BerthError);
    if (error instanceof BerthError) return error;
  }
  throw new Error('expected the call to fail');
}

/** Writes without any condition. */
export const write = (kv: Kv, ...operations: Operation[]) => kv.txn({ compare: [], then: operations });

/** Polls until the condition holds. @throws after 15 s of real time */
export async function until(condition: () => unknown, what = 'the condition'): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about within 15 s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
