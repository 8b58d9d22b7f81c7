import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One process of `berth controllers`. */
export interface Replica {
  readonly pid: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Stops it from running while its connections stay open, or lets it run again. */
  freeze(): void;
  thaw(): void;
  log(): Promise<string>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts the sources, not what was built of them some time ago. Its log goes to a file, so that it never waits for us.
 *
 * @param args  after `berth`
 * @returns once it serves HTTP
 */
export async function startReplica(args: readonly string[], env: NodeJS.ProcessEnv, logFile: string): Promise<Replica> {
  const file = await open(logFile, 'w');
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', file.fd, file.fd],
  });
  await file.close();
  running.add(child);
  const exited = once(child, 'exit').then(() => void running.delete(child));
  const log = () => readFile(logFile, 'utf8');
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    // Whoever is frozen hears nothing but SIGKILL.
    child.kill('SIGCONT');
    await exited;
  };
  try {
    const url = await until(
      'berth controllers to serve HTTP',
      async () => {
        if (!running.has(child)) throw new Error(`it ended: ${await log()}`);
        return /"http":"(http[^"]+)"/.exec(await log())?.[1];
      },
      { ms: 30_000 },
    );
    return {
      pid: child.pid!,
      url,
      kill: () => end('SIGKILL'),
      stop: () => end('SIGTERM'),
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
      log,
    };
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}
