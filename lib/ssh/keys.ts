import ssh2 from 'ssh2';

/** A new Ed25519 key pair in OpenSSH's formats; `comment` ends the public key's line. */
export function generateKeyPair(comment: string): { privateKey: string; publicKey: string } {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  return { privateKey: pair.private, publicKey: pair.public };
}

/** Whether a private key's text can be used without asking for a passphrase. */
export function usable(privateKey: string): boolean {
  const parsed = ssh2.utils.parseKey(privateKey);
  return !(parsed instanceof Error);
}
