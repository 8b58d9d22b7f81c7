import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BerthError, messageOf } from '../../../lib/errors/index.ts';

/**
 * The token of the HTTP port, made on the first call; readable by its owner alone. Processes that start at once agree.
 *
 * @param options.make  whether to make one where there is none
 * @throws BERTH_USAGE when the file cannot be read or made, or holds too short a token
 */
export async function loadToken(path: string, { make }: { make: boolean }): Promise<string> {
  try {
    return checked(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof BerthError) throw error;
    if (!make || !hasCode(error, 'ENOENT'))
      throw new BerthError('BERTH_USAGE', `the token file cannot be read: ${messageOf(error)}`);
  }
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(aside, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
    // Of two who come here at once one wins, and nobody reads half a token.
    await link(aside, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    return checked(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw new BerthError('BERTH_USAGE', `the token file cannot be made: ${messageOf(error)}`);
  } finally {
    await unlink(aside).catch(() => undefined);
  }
}

/** Whether an `Authorization` header carries the token. Takes as long for a wrong token as for the right one. */
export function carries(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const LEAST = 16;

function checked(text: string, place: string): string {
  const token = text.trim();
  if (token.length >= LEAST && !/\s/.test(token)) return token;
  throw new BerthError('BERTH_USAGE', 'the file holds no token', {
    place,
    expected: `one word of ${LEAST} characters or more`,
  });
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
