import { constants } from 'node:os';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { BerthError, messageOf } from '../errors/index.ts';
import { fingerprint } from './fingerprint.ts';
import { Output } from './output.ts';
import type { CommandResult, SshTarget } from './shell.ts';

/** One authenticated connection to a machine whose host key was the expected one. */
export interface Connection {
  readonly open: boolean;
  /** @throws NotStarted when the command certainly did not run; BERTH_SSH when the connection broke under it */
  run(command: string, stdin: string | Buffer | undefined, signal: AbortSignal): Promise<CommandResult>;
  /** Takes no more commands; closes when those under way have ended. */
  retire(): void;
  close(): void;
}

/** The server gave no channel, or the connection was gone before the command was sent: safe to try on a new one. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted';
}

/**
 * Families of host keys in the order they are asked for. A server shows one key per handshake, so a machine known
 * by its RSA key alone needs a handshake that asks for RSA.
 */
const FAMILIES = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
] as const;

type Family = (typeof FAMILIES)[number];

/** The server showed this host key, which is none of those expected. */
class OtherHostKey extends Error {
  readonly seen: string;
  constructor(seen: string) {
    super(`host key ${seen}`);
    this.seen = seen;
  }
}

/**
 * Connects, verifies the host key by its fingerprint, then authenticates by public key.
 *
 * @throws BERTH_HOST_KEY naming the fingerprints that the machine showed; BERTH_SSH
 */
export async function connect(target: SshTarget, signal: AbortSignal): Promise<Connection> {
  const seen: string[] = [];
  for (const family of FAMILIES) {
    try {
      return await handshake(target, family, signal);
    } catch (error) {
      if (error instanceof OtherHostKey) seen.push(error.seen);
      // The server has no key of this family. Without any key seen yet this may also be the last word, see below.
      else if (!/no matching host key/i.test(messageOf(error))) throw failure(target, error);
    }
  }
  throw unexpectedHostKey(target, seen);
}

function handshake(target: SshTarget, family: Family, signal: AbortSignal): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let open = false;
    let refused: OtherHostKey | undefined;
    const abort = () => {
      client.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });

    client.on('ready', () => {
      open = true;
      signal.removeEventListener('abort', abort);
      let running = 0;
      resolve({
        get open() {
          return open;
        },
        async run(command, stdin, runSignal) {
          if (!open) throw new NotStarted('not connected');
          running++;
          try {
            return await execute(client, target, command, stdin, runSignal);
          } finally {
            running--;
            if (!open && running === 0) client.end();
          }
        },
        retire() {
          open = false;
          if (running === 0) client.end();
        },
        close: () => client.end(),
      });
    });
    client.on('error', (error) => reject(refused ?? error));
    client.on('close', () => {
      open = false;
      signal.removeEventListener('abort', abort);
      reject(refused ?? new Error('the connection was closed before it was ready'));
    });
    client.connect({
      host: target.address,
      port: target.port,
      username: target.user,
      algorithms: { serverHostKey: [...family] },
      hostVerifier: (key: Buffer) => {
        const shown = fingerprint(key);
        if (target.hostKeys.includes(shown)) return true;
        refused = new OtherHostKey(shown);
        return false;
      },
      authHandler: [target.privateKey, ...(target.otherKeys ?? [])].map((key) => ({
        type: 'publickey' as const,
        username: target.user,
        key,
      })),
      // Three unanswered keepalives: a black-holed connection is noticed within 45 s.
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
      readyTimeout: 30_000,
    });
  });
}

function execute(
  client: Client,
  target: SshTarget,
  command: string,
  stdin: string | Buffer | undefined,
  signal: AbortSignal,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(new NotStarted(messageOf(error)));
      const abort = () => {
        channel.signal('KILL');
        channel.close();
        reject(signal.reason);
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      const lost = () => reject(failure(target, new Error('the connection was lost while a command ran')));
      client.once('close', lost);
      collect(channel, stdin)
        .then((result) => (result ? resolve(result) : lost()))
        .finally(() => {
          signal.removeEventListener('abort', abort);
          client.removeListener('close', lost);
        });
    });
  });
}

/** @returns undefined when the channel closed without telling how the command ended */
function collect(channel: ClientChannel, stdin: string | Buffer | undefined): Promise<CommandResult | undefined> {
  return new Promise((resolve) => {
    const stdout = new Output();
    const stderr = new Output();
    let code: number | undefined;
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A command may end without reading its input.
    channel.on('error', () => {});
    channel.on('exit', (exit: number | null, signalName?: string) => {
      code = exit ?? 128 + signalNumber(signalName ?? '');
    });
    channel.on('close', () =>
      resolve(code === undefined ? undefined : { code, stdout: stdout.text(), stderr: stderr.text() }),
    );
    channel.end(stdin);
  });
}

const signalNumber = (name: string): number =>
  Object.entries(constants.signals).find(([known]) => known === `SIG${name}` || known === name)?.[1] ?? 0;

function unexpectedHostKey(target: SshTarget, seen: string[]): BerthError {
  if (seen.length === 0)
    return failure(target, new Error('the server offers no host key of type Ed25519, ECDSA or RSA with SHA-2'));
  const place = `${target.address}:${target.port}`;
  const known = target.hostKeys.length > 0;
  return new BerthError(
    'BERTH_HOST_KEY',
    known ? 'the machine shows another host key than expected' : 'nobody has named the host key of the machine',
    {
      place,
      found: seen.join(', '),
      ...(known && { expected: target.hostKeys.join(' or ') }),
      hint: `if \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on the machine prints it too, put {"${target.address}": "${seen[0]}"} into spec.ssh.hostKeys`,
    },
  );
}

function failure(target: SshTarget, error: unknown): BerthError {
  if (error instanceof BerthError) return error;
  const message = messageOf(error);
  return new BerthError('BERTH_SSH', `SSH as ${target.user} failed: ${message}`, {
    place: `${target.address}:${target.port}`,
    ...(/authentication methods failed/i.test(message) && {
      hint: `put the public key into ~${target.user}/.ssh/authorized_keys of the machine, or name another in spec.ssh.privateKeyFile`,
    }),
    cause: error,
  });
}
