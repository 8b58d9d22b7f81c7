import { createHmac } from 'node:crypto';
import { fingerprint } from './fingerprint.ts';

/**
 * The fingerprints under which a known_hosts file knows a machine (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): plain and
 * hashed names, wildcards, negations, `[name]:port`. Keys marked `@revoked` are left out and take back the same key
 * elsewhere; `@cert-authority` lines do not name host keys and are left out.
 *
 * @param text     the file
 * @param address  name or IP address as one would give it to ssh
 */
export function knownHostKeys(text: string, address: string, port: number): string[] {
  const name = port === 22 ? address : `[${address}]:${port}`;
  const known = new Set<string>();
  const revoked = new Set<string>();
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (!words[0] || words[0].startsWith('#')) continue;
    const marker = words[0].startsWith('@') ? words.shift() : undefined;
    const [patterns, type, key] = words;
    if (!patterns || !type || !key || marker === '@cert-authority' || !matches(patterns, name)) continue;
    (marker === '@revoked' ? revoked : known).add(fingerprint(`${type} ${key}`));
  }
  return [...known].filter((key) => !revoked.has(key));
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) {
    const [, , salt = '', hash] = patterns.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let found = false;
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );
