import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { BerthError, messageOf } from '../errors/index.ts';

/** Where the controllers' identity is kept unless told otherwise: the user's state folder (XDG Base Directory). */
export const defaultIdentityPath = (env: Readonly<Record<string, string | undefined>>): string =>
  env.BERTH_IDENTITY ?? join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'berth', 'identity');

/**
 * The age identity that opens this installation's secrets, made on the first call. All replicas of an installation
 * need the same file: whoever loses it loses the sealed records.
 *
 * @returns `AGE-SECRET-KEY-1…`
 * @throws BERTH_USAGE when the file cannot be read or made, or holds no identity
 */
export async function loadIdentity(path: string): Promise<string> {
  return (await read(path)) ?? (await create(path));
}

/** The public half, `age1…`: what `age --recipient` seals to. */
export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity);

async function read(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new BerthError('BERTH_USAGE', `the identity file cannot be read: ${messageOf(error)}`, { place: path });
  }
  const identity = text.split('\n').find((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (!identity)
    throw new BerthError('BERTH_USAGE', 'the identity file holds no age identity', {
      place: path,
      expected: 'a line that begins with AGE-SECRET-KEY-, as age-keygen writes it',
    });
  return identity.trim();
}

/** Written aside and linked into place: of two processes that start at once one wins, and nobody reads half a file. */
async function create(path: string): Promise<string> {
  const identity = await generateX25519Identity();
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(`# public key: ${await recipientOf(identity)}\n${identity}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(aside, path);
    return identity;
  } catch (error) {
    const theirs = hasCode(error, 'EEXIST') ? await read(path) : undefined;
    if (theirs) return theirs;
    throw new BerthError('BERTH_USAGE', `the identity file cannot be made: ${messageOf(error)}`, { place: path });
  } finally {
    await unlink(aside).catch(() => {});
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
