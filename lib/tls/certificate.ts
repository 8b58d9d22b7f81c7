import { X509Certificate } from 'node:crypto';

/** What berth wants to know of a certificate; times in milliseconds since the epoch. */
export interface CertificateFacts {
  notBefore: number;
  notAfter: number;
  /** DNS names and IP addresses that it stands for. */
  names: string[];
  addresses: string[];
}

/** @returns undefined when the text is no certificate */
export function readCertificate(pem: string): CertificateFacts | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return undefined;
  }
  const alternatives = (certificate.subjectAltName ?? '').split(', ');
  const after = (label: string) =>
    alternatives.filter((entry) => entry.startsWith(label)).map((entry) => entry.slice(label.length));
  return {
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    names: after('DNS:'),
    addresses: after('IP Address:'),
  };
}

/** Whether `authority` (PEM) signed the certificate (PEM). */
export const signedBy = (pem: string, authority: string): boolean => {
  try {
    return new X509Certificate(pem).verify(new X509Certificate(authority).publicKey);
  } catch {
    return false;
  }
};

/** When to replace a certificate: after two thirds of its life, which leaves the rest to try again in. */
export const renewAt = ({ notBefore, notAfter }: CertificateFacts): number =>
  notBefore + ((notAfter - notBefore) * 2) / 3;
