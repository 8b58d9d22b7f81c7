import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Benches are built, too, and stand beside it. */
const BUILT = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** The controllers as users run them: the built program, in a process of its own. */
export interface Program {
  readonly pid: number;
  /** Of the installation's secrets. */
  readonly identity: string;
  /** Rejects when it ends without being asked to. */
  readonly ended: Promise<never>;
  /** The last lines of its log. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export async function startProgram(endpoint: string): Promise<Program> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-bench-'));
  const identity = join(directory, 'identity');
  const logFile = join(directory, 'log');
  const log = await open(logFile, 'w');
  const options = ['--etcd', endpoint, '--http', '127.0.0.1:0', '--identity', identity];
  const args = [...process.execArgv, BUILT, 'controllers', ...options];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', log.fd] });
  await once(child, 'spawn');
  await log.close();
  const exited = once(child, 'exit');
  const ended = exited.then(([code]) => Promise.reject<never>(new Error(`the program ended with code ${code}`)));
  ended.catch(() => undefined);
  const lastLines = async () => (await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n');
  return {
    pid: child.pid!,
    identity,
    ended,
    log: lastLines,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await exited;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Clock ticks a second of /proc, on every Linux that Node runs on. */
const TICKS = 100;

/** What a process has used, by proc(5): seconds of CPU since its start, user and system; bytes resident now. */
export async function usage(pid: number): Promise<{ cpuSeconds: number; residentBytes: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name, in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS, residentBytes: Number(kilobytes) * 1024 };
}
