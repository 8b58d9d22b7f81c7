// tsyringe, below @peculiar/x509, wants the metadata API in place.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { BerthError, messageOf } from '../errors/index.ts';

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  certificate: string;
  key: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Of a cloud's own authority: longer than any cloud is thought to live. */
const AUTHORITY_LIFE = 20 * 365 * DAY;
/** Of what it signs. Renewed after two thirds of it (`renewAt`). */
const LEAF_LIFE = 90 * DAY;
/** Clocks of hosts may be behind ours by this much. */
const SKEW = HOUR;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new certificate authority that signs leaf certificates only. `now`: milliseconds since the epoch. */
export async function createAuthority(name: string, now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }],
      ...validity(now, AUTHORITY_LIFE),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
}

/** A new key and a client certificate for it: what an engine lets in. */
export async function issueClient(authority: KeyPair, name: string, now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await sign(authority, name, keys.publicKey, now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
  return { certificate, key: await pemOf(keys.privateKey) };
}

/**
 * Signs a host's certificate from a request made on the host, where its key stays. What the request asks for is
 * ignored but for the key: names and addresses are ours to say.
 *
 * @param csr  PEM, PKCS #10
 * @throws BERTH_INVALID when the request is damaged or not signed by its own key
 */
export async function signHost(
  authority: KeyPair,
  csr: string,
  subject: { name: string; addresses: readonly string[] },
  now: number,
): Promise<string> {
  let request: x509.Pkcs10CertificateRequest;
  let proven: boolean;
  try {
    request = new x509.Pkcs10CertificateRequest(csr);
    proven = await request.verify(webcrypto);
  } catch (error) {
    throw new BerthError('BERTH_INVALID', `the certificate request of ${subject.name} is damaged: ${messageOf(error)}`);
  }
  if (!proven)
    throw new BerthError('BERTH_INVALID', `the certificate request of ${subject.name} is not signed by its own key`);
  return sign(authority, subject.name, await request.publicKey.export(webcrypto), now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: subject.name },
      ...subject.addresses.map((value) => ({ type: 'ip' as const, value })),
    ]),
  ]);
}

async function sign(
  authority: KeyPair,
  name: string,
  publicKey: webcrypto.CryptoKey,
  now: number,
  extensions: x509.Extension[],
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [name] }],
      issuer: issuer.subject,
      ...validity(now, LEAF_LIFE),
      signingAlgorithm: ALGORITHM,
      signingKey: await keyOf(authority.key),
      publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        ...extensions,
      ],
    },
    webcrypto,
  );
  return certificate.toString('pem');
}

const validity = (now: number, life: number) => ({ notBefore: new Date(now - SKEW), notAfter: new Date(now + life) });

const pemOf = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

const keyOf = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
