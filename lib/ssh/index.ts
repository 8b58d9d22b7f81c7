export { type HostFiles, readFile, run, writeFile } from './files.ts';
export { fingerprint, fingerprintsOf } from './fingerprint.ts';
export { generateKeyPair, usable } from './keys.ts';
export { knownHostKeys } from './known-hosts.ts';
export { localShell } from './local.ts';
export { createSsh, type Ssh } from './pool.ts';
export { quote } from './quote.ts';
export * from './shell.ts';
