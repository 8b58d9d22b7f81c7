export { createAuthority, issueClient, type KeyPair, signHost } from './authority.ts';
export { type CertificateFacts, readCertificate, renewAt, signedBy } from './certificate.ts';
