import { createHash } from 'node:crypto';

/**
 * The fingerprint of a public key, `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it.
 *
 * @param key  the key's wire format (RFC 4253 §6.6), or a line of OpenSSH's format: `ssh-ed25519 AAAA… comment`
 */
export function fingerprint(key: Buffer | string): string {
  const blob = typeof key === 'string' ? Buffer.from(key.trim().split(/\s+/)[1] ?? '', 'base64') : key;
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The fingerprints of all keys in a text of OpenSSH public keys, one a line; other lines are left out. */
export const fingerprintsOf = (publicKeys: string): string[] =>
  publicKeys
    .split('\n')
    .filter((line) => /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ [A-Za-z0-9+/]+=*( |$)/.test(line.trim()))
    .map(fingerprint);
