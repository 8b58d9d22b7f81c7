import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface Sshd {
  port: number;
  privateKey: string;
  /** Public host keys, by type. */
  hostKeys: { ed25519: string; rsa: string };
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** A real OpenSSH server on loopback with keys of its own, which lets root in by one key. */
export async function startSshd(options: string[] = []): Promise<Sshd> {
  if (!existsSync('/usr/sbin/sshd')) execFileSync('apt-get', ['install', '-y', 'openssh-server'], { stdio: 'ignore' });
  // Where sshd separates privileges; the package makes it at boot.
  mkdirSync('/run/sshd', { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'berth-sshd-'));
  const file = (name: string) => join(folder, name);
  for (const type of ['ed25519', 'rsa'])
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file(`host_${type}`)]);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('client')]);
  const port = await freePort();
  writeFileSync(
    file('config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${file('host_ed25519')}`,
      `HostKey ${file('host_rsa')}`,
      `AuthorizedKeysFile ${file('client.pub')}`,
      `PidFile ${file('pid')}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'StrictModes no',
      'UsePAM no',
      ...options,
    ].join('\n'),
  );

  let server: ChildProcess;
  const start = async () => {
    server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries++) {
      if (await answers(port)) return;
      await wait(25);
    }
    throw new Error('sshd did not start');
  };
  const stop = async () => {
    if (server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    port,
    privateKey: readFileSync(file('client'), 'utf8'),
    hostKeys: {
      ed25519: readFileSync(file('host_ed25519.pub'), 'utf8'),
      rsa: readFileSync(file('host_rsa.pub'), 'utf8'),
    },
    async restart() {
      await stop();
      await start();
    },
    async stop() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
