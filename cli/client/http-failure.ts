import { BerthError, messageOf } from '../../lib/errors/index.ts';

/** What is wrong with a certificate, and what to do: the codes of OpenSSL's verification as Node.js names them. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  ...unknownAuthority(
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'INVALID_CA',
  ),
  CERT_HAS_EXPIRED: 'renew the file that the controllers have as --http-cert',
  CERT_NOT_YET_VALID: 'compare the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name the port by --http as the certificate does, or give it one for this address',
};

function unknownAuthority(...codes: readonly string[]): Record<string, string> {
  const cure = 'name the file of the authority that signed it by --http-cacert or BERTH_HTTP_CACERT';
  return Object.fromEntries(codes.map((code) => [code, cure]));
}

/** Why no answer came from an address, in words that a user can act on. */
export function connectionFailure(address: string, cause: unknown): BerthError {
  const details = { place: address, found: messageOf(cause), cause };
  const hint = CERTIFICATES[codeOf(cause)];
  if (hint !== undefined)
    return new BerthError('BERTH_UNREACHABLE', 'the certificate of the controllers’ HTTP port is not accepted', {
      ...details,
      hint,
    });
  return new BerthError('BERTH_UNREACHABLE', 'the controllers’ HTTP port does not answer', details);
}

/** Whether a request that failed with this surely never left: nobody was there, or nobody who is trusted. */
export function wasNotSent(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(wasNotSent);
  if (!(error instanceof Error)) return false;
  if ('syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo')) return true;
  return Object.hasOwn(CERTIFICATES, codeOf(error));
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
