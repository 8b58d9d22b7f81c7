import PQueue from 'p-queue';
import { BerthError, isCode } from '../errors/index.ts';
import { type Clock, type Log, type Timer, withTimeout } from '../platform/index.ts';
import { type Connection, connect, NotStarted } from './connection.ts';
import { asRoot } from './quote.ts';
import type { CommandResult, RunOptions, Shell, SshTarget } from './shell.ts';

export interface Ssh {
  /**
   * Commands on a machine. Connects at the first command; shells of equal targets share a connection, which closes
   * when no command has used it for a minute. A target that takes time to find out (a key file) may be a function,
   * asked at the first command, and again after SSH has failed: the key may be another one by then.
   */
  shell(target: SshTarget | (() => Promise<SshTarget>)): Shell;
  /** Closes all connections; commands under way fail. */
  close(): void;
}

/** OpenSSH's default MaxSessions is 10; two are left for people. */
const CHANNELS = 8;
const IDLE_MS = 60_000;

/** SSH for all machines of a process. */
export function createSsh({ clock, log }: { clock: Clock; log: Log }): Ssh {
  const lines = new Map<string, Line>();

  const lineTo = (target: SshTarget): Line => {
    const key = JSON.stringify([
      target.address,
      target.port,
      target.user,
      target.hostKeys,
      target.privateKey,
      target.otherKeys ?? [],
    ]);
    let line = lines.get(key);
    if (!line) {
      const made = new Line(target, clock, log, () => {
        // Another may stand there since.
        if (lines.get(key) === made) lines.delete(key);
      });
      lines.set(key, made);
      line = made;
    }
    return line;
  };

  return {
    shell(target) {
      let resolved: Promise<SshTarget> | undefined;
      let current: Line | undefined;
      const targetNow = (): Promise<SshTarget> => {
        resolved ??= typeof target === 'function' ? target() : Promise.resolve(target);
        resolved.catch(() => {
          resolved = undefined;
        });
        return resolved;
      };
      return {
        async run(command, options = {}) {
          const asked = targetNow();
          const line = lineTo(await asked);
          current = line;
          try {
            return await line.run(command, options);
          } catch (error) {
            if (isCode(error, 'BERTH_SSH') && resolved === asked) resolved = undefined;
            throw error;
          }
        },
        close() {
          current?.closeIfIdle();
        },
      };
    },
    close() {
      for (const line of lines.values()) line.close();
    },
  };
}

/** The connection to one machine, made when needed, and the commands that wait for one of its channels. */
class Line {
  readonly #target: SshTarget;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #forget: () => void;
  readonly #channels = new PQueue({ concurrency: CHANNELS });
  #connection: Promise<Connection> | undefined;
  #idle: Timer | undefined;

  constructor(target: SshTarget, clock: Clock, log: Log, forget: () => void) {
    this.#target = target;
    this.#clock = clock;
    this.#log = log.child({ address: target.address, port: target.port });
    this.#forget = forget;
  }

  async run(command: string, { stdin, timeoutMs = 60_000, signal }: RunOptions): Promise<CommandResult> {
    this.#idle?.cancel();
    const timeout = () =>
      new BerthError('BERTH_TIMEOUT', `a command took longer than ${timeoutMs / 1000} s`, {
        place: `${this.#target.address}:${this.#target.port}`,
      });
    try {
      return await withTimeout(
        this.#clock,
        timeoutMs,
        timeout,
        (deadline) => this.#channels.add(() => this.#execute(command, stdin, deadline), { signal: deadline }),
        signal,
      );
    } finally {
      this.#restIfIdle();
    }
  }

  closeIfIdle(): void {
    if (this.#channels.pending === 0 && this.#channels.size === 0) this.close();
  }

  close(): void {
    this.#idle?.cancel();
    this.#letGo((connection) => connection.close());
    this.#forget();
  }

  async #execute(command: string, stdin: string | Buffer | undefined, signal: AbortSignal): Promise<CommandResult> {
    const result = await this.#start(asRoot(command, this.#target.user), stdin, signal);
    if (result.code === 1 && this.#target.user !== 'root' && /^sudo: /m.test(result.stderr))
      throw this.#refused(`${this.#target.user} cannot become root without a password: ${result.stderr.trim()}`);
    return result;
  }

  async #start(command: string, stdin: string | Buffer | undefined, signal: AbortSignal): Promise<CommandResult> {
    let reason = '';
    // Each round of a server that gives one session a connection starts at least one of those who wait.
    for (let round = 0; round < CHANNELS; round++) {
      const dialled = this.#dial();
      const connection = await raceAbort(dialled, signal);
      try {
        return await connection.run(command, stdin, signal);
      } catch (error) {
        if (!(error instanceof NotStarted)) throw error;
        reason = error.message;
      }
      // "Channel open failure": the server's MaxSessions is lower, or somebody else's sessions count too.
      this.#log.debug({ reason }, 'no channel on the SSH connection; dialling again');
      if (this.#connection === dialled) this.#letGo((connection) => connection.retire());
    }
    throw this.#refused(reason);
  }

  #refused(message: string): BerthError {
    return new BerthError('BERTH_SSH', message, { place: `${this.#target.address}:${this.#target.port}` });
  }

  /** The connection, or a new one, dialled once for all who wait. The dial outlives no deadline but its own. */
  #dial(): Promise<Connection> {
    if (this.#connection) return this.#connection;
    const timeout = () =>
      new BerthError('BERTH_SSH', 'the machine did not answer within 20 s', {
        place: `${this.#target.address}:${this.#target.port}`,
      });
    const dialled = withTimeout(this.#clock, 20_000, timeout, (deadline) => connect(this.#target, deadline));
    this.#connection = dialled;
    dialled.catch(() => {
      if (this.#connection === dialled) this.#connection = undefined;
    });
    return dialled;
  }

  /** Forgets the connection, so that the next command dials. */
  #letGo(how: (connection: Connection) => void): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.then(how, () => {});
  }

  #restIfIdle(): void {
    if (this.#channels.pending > 0 || this.#channels.size > 0) return;
    this.#idle?.cancel();
    this.#idle = this.#clock.after(IDLE_MS, () => this.closeIfIdle());
  }
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
