import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, mortal, runs } from '../../harness/children.ts';
import { freePort } from '../../harness/etcd.ts';
import { until } from '../../harness/until.ts';

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

  let server: ChildProcess | undefined;
  const start = async () => {
    const started = mortal(spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { stdio: 'ignore' }));
    server = started;
    await until('sshd to answer', async () => !runs(started) || (await answers(port)), { ms: 20_000, every: 25 });
    if (!runs(started)) throw new Error('sshd did not start');
  };
  const stop = async () => {
    if (server) await end(server);
  };
  const remove = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
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
    stop: remove,
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
