import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { end, mortal, runs } from './children.ts';
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

/**
 * Starts the sources, not what was built of them some time ago. Its log goes to a file, so that it never waits for us.
 *
 * @param args  after `berth`
 * @returns once it serves HTTP
 */
export async function startReplica(args: readonly string[], env: NodeJS.ProcessEnv, logFile: string): Promise<Replica> {
  const file = await open(logFile, 'w');
  const command = ['--import', 'tsx', 'cli/main.ts', ...args];
  const child = mortal(spawn(process.execPath, command, { cwd: ROOT, env, stdio: ['ignore', file.fd, file.fd] }));
  await file.close();
  const log = () => readFile(logFile, 'utf8');
  try {
    const url = await until(
      'berth controllers to serve HTTP',
      async () => (runs(child) ? /"http":"(http[^"]+)"/.exec(await log())?.[1] : 'none'),
      { ms: 30_000 },
    );
    if (!runs(child)) throw new Error(`berth controllers ended: ${await log()}`);
    return {
      pid: child.pid!,
      url,
      kill: () => end(child, 'SIGKILL'),
      stop: () => end(child),
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
      log,
    };
  } catch (error) {
    await end(child, 'SIGKILL');
    throw error;
  }
}
