import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silent, systemClock } from '../../../../lib/platform/index.ts';
import { createEtcd } from '../../../../lib/store/etcd/index.ts';
import { type Kv, keyspace, prefixEnd } from '../../../../lib/store/index.ts';

const main = fileURLToPath(new URL('../../../../cli/main.ts', import.meta.url));
const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Milliseconds; a program compiled on the fly, on a machine that does much else. */
const PATIENCE = 60_000;

export const keys = keyspace();

/** A state folder of its own for the processes of one test. */
export async function stateFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'berth-up-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** `berth …` as a child process. */
export class Berth {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly #ended: Promise<number | string>;

  /** @param state  XDG_STATE_HOME: identity, token, etcd's data */
  constructor(args: readonly string[], state: string, env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['--import=tsx', main, ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: state, XDG_STATE_HOME: state, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    this.#ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Entries of its log, with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter(({ msg }) => msg === message);
  }

  /** Where its HTTP port is, once it has one. */
  async url(): Promise<string> {
    await this.until(() => this.logged('starts').length > 0);
    return String(this.logged('starts')[0]?.http);
  }

  /** @returns exit code, or the signal that ended it */
  async ended(): Promise<number | string> {
    await this.until(() => !this.running, { mayEnd: true });
    return this.#ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    return this.ended();
  }

  /** For the end of a test, however it went. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  /** @throws when it ends before, or takes too long; with all that it said */
  async until(condition: () => unknown, { mayEnd = false } = {}): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!(await condition())) {
      const gone = !mayEnd && !this.running;
      if (gone || Date.now() > deadline)
        throw new Error(`${gone ? 'berth ended' : 'too late'}:\n${this.stdout}\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async status(path: string): Promise<number> {
    const { status } = await fetch(`${await this.url()}${path}`);
    return status;
  }
}

export const connect = (endpoint: string, user?: { user: string; password: string }): Kv =>
  createEtcd({ endpoints: [endpoint], ...user, clock: systemClock, log: silent });

/** Who leads what: `placement` → identity of a replica. */
export async function leaders(kv: Kv): Promise<Map<string, string>> {
  const prefix = `${keys.prefix}/leaders/`;
  const { kvs } = await kv.range({ key: prefix, end: prefixEnd(prefix) });
  return new Map(
    kvs.map(({ key, value }) => {
      const { identity }: { identity: string } = JSON.parse(value.toString());
      return [key.slice(prefix.length), identity];
    }),
  );
}
