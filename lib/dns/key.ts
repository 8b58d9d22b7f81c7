import { BerthError } from '../errors/index.ts';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The secret of a TSIG key out of what `tsig-keygen` prints (a `key` clause of BIND's configuration), or of base64 alone.
 *
 * @param place  where the text was found, for the message; the text itself is never in one
 * @throws BERTH_INVALID
 */
export function parseKeySecret(text: string, place: string): Buffer {
  const secret = /\bsecret\s+"([^"]*)"/.exec(text)?.[1] ?? text.trim();
  if (!BASE64.test(secret)) {
    throw new BerthError('BERTH_INVALID', 'holds no TSIG key', {
      place,
      expected: 'a secret in base64, or what tsig-keygen prints',
    });
  }
  return Buffer.from(secret, 'base64');
}
