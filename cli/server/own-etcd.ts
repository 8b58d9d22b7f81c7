import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { BerthError, messageOf } from '../../lib/errors/index.ts';
import { type Clock, sleep } from '../../lib/platform/index.ts';
import { type Address, formatAddress, isWildcard } from './address.ts';

/** An etcd of our own, as a child process. */
export interface OwnEtcd {
  /** How to reach it from this machine. */
  readonly endpoint: string;
  /** Where its data and its log are. */
  readonly directory: string;
  /** Resolves, with the reason, when it ends without being asked to. */
  readonly failed: Promise<BerthError>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

export const defaultDataDirectory = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'berth', 'etcd');

/** Bytes; etcd's own default is 2 GiB, and it recommends no more than 8. */
const QUOTA = 8 * 2 ** 30;
const COMPACTION = '5m';
/** Milliseconds: for the etcd of a process that was killed to end, for ours to end, and to read a large database. */
const LOCK_WITHIN = 3000;
const STOP_WITHIN = 10_000;
/** Bytes of log that are kept from one start to the next. */
const LOG_LIMIT = 10 << 20;

/**
 * Runs under flock(1), which holds the lock for as long as anything of this lives. Says that it has the lock, waits to be
 * told to go on, and ends etcd when its standard input does: whatever way we end, etcd does not outlive us.
 */
const SUPERVISOR = `
exec 3<&0
echo locked
read -r _ <&3 || exit 0
exec >&2
"$@" </dev/null 3<&- &
etcd=$!
{ read -r _ <&3; kill "$etcd"; } &
watch=$!
wait "$etcd"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

/**
 * Starts etcd on a data directory that no other `berth up` uses. Returns before it answers.
 *
 * @throws BERTH_USAGE when etcd is missing, the directory is in use or cannot be written, or the address is taken
 */
export async function startOwnEtcd(
  { directory, listen }: { directory: string; listen: Address },
  { clock, env }: { clock: Clock; env: Readonly<Record<string, string | undefined>> },
): Promise<OwnEtcd> {
  const folder = resolve(directory);
  const [etcd, flock] = await Promise.all([
    onPath('etcd', 'etcd-server', env.PATH),
    onPath('flock', 'util-linux', env.PATH),
  ]);
  const logFile = join(folder, 'etcd.log');
  const { child, ended } = await locked(folder, () => spawnSupervisor({ etcd, flock, folder, listen, logFile }), clock);
  let stopping = false;
  const failed = ended.then(async (how) => {
    if (stopping) return new Promise<never>(() => {});
    return new BerthError('BERTH_STORE_UNAVAILABLE', `etcd ended with ${how}`, {
      place: logFile,
      found: await lastLine(logFile),
    });
  });
  try {
    await writeFile(join(folder, 'up.pid'), `${process.pid}\n`);
    await checkFree(listen);
  } catch (error) {
    stopping = true;
    child.stdin?.end();
    throw error;
  }
  child.stdin?.write('go\n');
  const reached = isWildcard(listen) ? { host: '127.0.0.1', port: listen.port } : listen;
  return {
    endpoint: `http://${formatAddress(reached)}`,
    directory: folder,
    failed,
    async stop() {
      stopping = true;
      const kill = clock.after(STOP_WITHIN, () => killGroup(child));
      child.stdin?.end();
      await ended;
      kill.cancel();
    },
  };
}

interface Supervisor {
  child: ChildProcess;
  /** Resolves with its exit code or signal. */
  ended: Promise<string>;
  /** Whether it got the lock of its directory. */
  locked: Promise<boolean>;
}

async function spawnSupervisor(options: {
  etcd: string;
  flock: string;
  folder: string;
  listen: Address;
  logFile: string;
}): Promise<Supervisor> {
  const { etcd, flock, folder, listen, logFile } = options;
  const log = await open(logFile, 'a', 0o600);
  try {
    const args = ['--nonblock', join(folder, 'lock'), 'sh', '-c', SUPERVISOR, 'sh', etcd, ...flags(folder, listen)];
    // A session of its own: what a terminal sends to us must not end etcd before the controllers have given their leads back.
    const child = spawn(flock, args, { detached: true, stdio: ['pipe', 'pipe', log.fd], env: etcdEnvironment() });
    child.stdin?.on('error', () => undefined);
    // Listened to from the start: one that finds the lock taken ends within milliseconds.
    const ended = new Promise<string>((resolve, reject) => {
      child.on('close', (code, signal) => resolve(signal ?? `code ${code}`));
      child.on('error', reject);
    });
    const holdsLock = new Promise<true>((resolve) => child.stdout?.once('data', () => resolve(true)));
    return { child, ended, locked: Promise.race([holdsLock, ended.then(() => false)]) };
  } finally {
    await log.close();
  }
}

function flags(folder: string, listen: Address): string[] {
  const client = `http://${formatAddress(listen)}`;
  // Alone for ever: nobody needs to know its peer address.
  const peer = 'http://127.0.0.1:2380';
  return [
    '--name=berth',
    `--data-dir=${join(folder, 'data')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=berth=${peer}`,
    `--quota-backend-bytes=${QUOTA}`,
    '--auto-compaction-mode=periodic',
    `--auto-compaction-retention=${COMPACTION}`,
    '--logger=zap',
    '--log-level=warn',
  ];
}

/** Without the user's ETCD_…, which etcd would take for flags. etcd 3.4 wants to be told that arm64 is meant. */
const etcdEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  ...(process.arch === 'arm64' && { ETCD_UNSUPPORTED_ARCH: 'arm64' }),
});

/** A supervisor that holds the directory's lock. One that was just killed may take a moment to let it go. */
async function locked(folder: string, start: () => Promise<Supervisor>, clock: Clock): Promise<Supervisor> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rotate(join(folder, 'etcd.log'));
  } catch (error) {
    throw new BerthError('BERTH_USAGE', `the data directory cannot be used: ${messageOf(error)}`, { place: folder });
  }
  const deadline = clock.monotonic() + LOCK_WITHIN;
  for (;;) {
    const supervisor = await start();
    if (await supervisor.locked) return supervisor;
    if (clock.monotonic() > deadline) break;
    await sleep(clock, 100);
  }
  const pid = await readFile(join(folder, 'up.pid'), 'utf8').catch(() => '');
  throw new BerthError('BERTH_USAGE', 'another `berth up` uses this data directory', {
    place: folder,
    ...(pid !== '' && { found: `process ${pid.trim()}` }),
    hint: 'end that one, name another directory by --data-dir, or run `berth controllers` beside it',
  });
}

async function checkFree(listen: Address): Promise<void> {
  const server = createServer();
  try {
    server.listen({ ...listen, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    throw new BerthError('BERTH_USAGE', `etcd cannot listen on ${formatAddress(listen)}: ${messageOf(error)}`, {
      hint: 'if an etcd runs there that berth should use, say --etcd; else name another address by --etcd-listen',
    });
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

async function onPath(program: string, debian: string, path = ''): Promise<string> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, program);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new BerthError('BERTH_USAGE', `${program} is not on the PATH`, {
    hint: `apt-get install ${debian} brings it on Debian and Ubuntu; or name an etcd that runs elsewhere by --etcd`,
  });
}

async function rotate(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT) await rename(logFile, `${logFile}.1`);
}

async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').at(-1)?.slice(-500) || 'an empty log';
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
