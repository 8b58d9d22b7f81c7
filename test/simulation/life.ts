import type { Clock, Timer } from '../../lib/platform/index.ts';
import type { Kv, Watch, WatchRequest } from '../../lib/store/index.ts';

/**
 * The life of a simulated process. All that it reaches of the world goes through `mortal` handles: once it is dead
 * none of its promises settles and none of its calls happens, just as for a process killed at an await. Frozen, it
 * stands still as under SIGSTOP: what reaches it meanwhile waits until it thaws.
 */
export class Life {
  #state: 'alive' | 'frozen' | 'dead' = 'alive';
  #waiting: (() => void)[] = [];
  readonly #dies: () => 'before' | 'after' | undefined;
  readonly #onDeath: () => void;

  /**
   * @param fate decides at each call whether the process dies there: before the call happens, or after, before it learns
   */
  constructor(fate: () => 'before' | 'after' | undefined, onDeath: () => void) {
    this.#dies = fate;
    this.#onDeath = onDeath;
  }

  get dead(): boolean {
    return this.#state === 'dead';
  }

  kill(): void {
    if (this.dead) return;
    this.#state = 'dead';
    this.#waiting = [];
    this.#onDeath();
  }

  freeze(): void {
    if (this.#state === 'alive') this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'alive';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const action of waiting) this.resume(action);
  }

  /** Runs `action` inside the process: now, when it thaws, or never. */
  resume(action: () => void): void {
    if (this.#state === 'alive') action();
    else if (this.#state === 'frozen') this.#waiting.push(action);
  }

  /** A call from inside the process to the outside: a place where the process may die. */
  call<T>(effect: () => Promise<T>): Promise<T> {
    if (this.dead) return never();
    const death = this.#dies();
    if (death === 'before') {
      this.kill();
      return never();
    }
    const result = effect();
    if (death === 'after') {
      result.catch(() => {});
      this.kill();
      return never();
    }
    return new Promise((resolve, reject) => {
      result.then(
        (value) => this.resume(() => resolve(value)),
        (error) => this.resume(() => reject(error)),
      );
    });
  }

  /** The same for a stream: what it brings waits while the process is frozen. */
  async *stream<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of source) {
      await this.call(() => Promise.resolve());
      yield item;
    }
  }
}

const never = <T>(): Promise<T> => new Promise(() => {});

/** What a handle's methods do besides answering a promise. */
interface Shape<T> {
  /** Answer an async iterable. */
  streams?: readonly (keyof T)[];
  /** Answer at once, without leaving the process. */
  local?: readonly (keyof T)[];
}

/** A handle as a process holds it: each call is a place where the process may die. */
export function mortal<T extends object>(handle: T, life: Life, { streams = [], local = [] }: Shape<T> = {}): T {
  const isOneOf = (names: readonly (keyof T)[], name: string | symbol) => names.some((each) => each === name);
  return new Proxy(handle, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || isOneOf(local, name)) return member;
      if (isOneOf(streams, name)) return (...given: unknown[]) => life.stream(Reflect.apply(member, target, given));
      return (...given: unknown[]) => life.call(() => Reflect.apply(member, target, given));
    },
  });
}

/** The world's clock, as a process sees it: its timers fire in its life only. */
export const mortalClock = (clock: Clock, life: Life): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  after: (ms, action): Timer => clock.after(ms, () => life.resume(action)),
});

/** A client of the store whose calls and watches end with the process. */
export function mortalKv(kv: Kv, life: Life): Kv {
  const calls = mortal(kv, life, { local: ['watch', 'close'] });
  return new Proxy(calls, {
    get(target, name) {
      if (name !== 'watch') return Reflect.get(target, name);
      return (request: WatchRequest): Watch =>
        kv.watch({
          ...request,
          onEvents: (events, revision) => life.resume(() => request.onEvents(events, revision)),
          onEnd: (error) => life.resume(() => request.onEnd(error)),
        });
    },
  });
}
