import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { end as endChild, mortal, runs } from './children.ts';

const run = promisify(execFile);

/** Files in PEM. With it, etcd demands a client certificate that the same CA has signed. */
export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

export interface EtcdProcess {
  /** `http(s)://127.0.0.1:port` */
  readonly endpoint: string;
  readonly port: number;
  /** Where it keeps its data; room for a test's own files. */
  readonly directory: string;
  /** Starts it again after `stop` or `kill`, on the same port. Resolves when it answers. */
  start(): Promise<void>;
  /** Ends it as an administrator does. */
  stop(): Promise<void>;
  /** Ends it as a power failure does. */
  kill(): Promise<void>;
  /** Stops its processes from running, or lets them run again, while its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Writes a snapshot. @returns its file */
  snapshot(): Promise<string>;
  /** Stops it, replaces its data by a snapshot's, and starts it again. */
  restore(file: string): Promise<void>;
  /** Runs etcdctl against it. @returns what it prints */
  ctl(...args: string[]): Promise<string>;
  /** Demands users and passwords from now on. `root` has this password. */
  enableAuth(rootPassword: string): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** Where a server listens. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
  return address.port;
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts etcd on free ports of the loopback interface, with its data in a temporary directory. */
export async function startEtcd(options: { tls?: TlsFiles; flags?: string[] } = {}): Promise<EtcdProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const { tls, flags = [] } = options;
  const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  let data = join(directory, 'data');
  let process: ChildProcess | undefined;
  let password: string | undefined;
  let snapshots = 0;

  const security = tls
    ? [`--trusted-ca-file=${tls.ca}`, `--cert-file=${tls.cert}`, `--key-file=${tls.key}`, '--client-cert-auth']
    : [];

  async function start(): Promise<void> {
    const args = [
      '--name=test',
      `--data-dir=${data}`,
      `--listen-client-urls=${endpoint}`,
      `--advertise-client-urls=${endpoint}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
      '--logger=zap',
      '--log-level=error',
      // A disk that is slow at fsync must not fail tests.
      '--unsafe-no-fsync',
      ...security,
      ...flags,
    ];
    process = mortal(spawn('etcd', args, { stdio: 'ignore' }));
    try {
      await answering();
    } catch (error) {
      await end('SIGKILL');
      throw error;
    }
  }

  async function answering(): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!(await accepts(port)) || !(await ctl('endpoint', 'health').then(() => true, isDenied))) {
      if (!process || !runs(process)) throw new Error(`etcd ended: ${process?.exitCode ?? process?.signalCode}`);
      if (Date.now() > deadline) throw new Error('etcd does not answer');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = process;
    process = undefined;
    if (ending) await endChild(ending, signal);
  }

  async function ctl(...args: string[]): Promise<string> {
    const files = tls ? [`--cacert=${tls.ca}`, `--cert=${tls.cert}`, `--key=${tls.key}`] : [];
    const user = password === undefined ? [] : [`--user=root:${password}`];
    const env = { PATH: '/usr/bin:/bin', ETCDCTL_API: '3' };
    const { stdout } = await run('etcdctl', [`--endpoints=${endpoint}`, ...files, ...user, ...args], { env });
    return stdout;
  }

  try {
    await start();
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return {
    endpoint,
    port,
    directory,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void process?.kill('SIGSTOP'),
    thaw: () => void process?.kill('SIGCONT'),
    async snapshot() {
      const file = join(directory, `snapshot-${++snapshots}.db`);
      await ctl('snapshot', 'save', file);
      return file;
    },
    async restore(file) {
      await end('SIGTERM');
      data = join(directory, `data-${++snapshots}`);
      const cluster = ['--name=test', `--initial-cluster=test=${peer}`, `--initial-advertise-peer-urls=${peer}`];
      await ctl('snapshot', 'restore', file, `--data-dir=${data}`, ...cluster);
      await start();
    },
    ctl,
    async enableAuth(rootPassword) {
      await ctl('user', 'add', `root:${rootPassword}`);
      await ctl('user', 'grant-role', 'root', 'root');
      await ctl('auth', 'enable');
      password = rootPassword;
    },
    async close() {
      await end('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const isDenied = (error: unknown): boolean => /permission denied|user name is empty/.test(String(error));

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
