import { BerthError, type Code, messageOf } from '../../errors/index.ts';
import { OutcomeUnknown } from '../kv.ts';

/**
 * What etcd and gRPC say when a request surely had no effect, from etcd's api/v3rpc/rpctypes/error.go and grpc-js.
 * The first that matches counts.
 */
const REFUSALS: readonly (readonly [RegExp, Code, string])[] = [
  [/required revision has been compacted/, 'BERTH_STORE_COMPACTED', 'the revision has been compacted'],
  [/required revision is a future revision/, 'BERTH_STORE_COMPACTED', 'the revision is in the future'],
  [/database space exceeded|alarm: ?NOSPACE/i, 'BERTH_STORE_FULL', 'etcd is full'],
  [/request is too large|larger than max/, 'BERTH_TOO_LARGE', 'the request is too large for etcd'],
  [/requested lease not found/, 'BERTH_STORE_LEASE_GONE', 'the lease is gone'],
  [/permission denied|PERMISSION_DENIED|UNAUTHENTICATED/, 'BERTH_STORE_DENIED', 'etcd refuses'],
  [/auth token|authentication|invalid auth|user name|revision of auth/, 'BERTH_STORE_DENIED', 'etcd refuses the user'],
  [/No connection established.*(certificate|SSL|TLS|handshake)/i, 'BERTH_STORE_DENIED', 'no TLS connection to etcd'],
  [
    /key is not provided|duplicate key given|too many operations|INVALID_ARGUMENT/,
    'BERTH_STORE_INVALID',
    'etcd refuses',
  ],
  [
    // grpc-js says the first two only of calls that it never put on a connection; etcd the others before it proposes.
    /No connection established|Name resolution failed|Channel closed before call|already closed|too many requests|no leader/,
    'BERTH_STORE_UNAVAILABLE',
    'etcd cannot be reached',
  ],
];

/**
 * The error of a failed call in berth's terms.
 *
 * @param effect 'once' for what must not be repeated blindly: without a clear answer it fails with `OutcomeUnknown`
 */
export function translate(error: unknown, effect: 'once' | 'repeatable'): BerthError {
  if (error instanceof BerthError) return error;
  const message = messageOf(error);
  const found = essence(message);
  for (const [pattern, code, says] of REFUSALS) {
    if (pattern.test(message)) return new BerthError(code, says, { found, cause: error });
  }
  const says = `etcd did not answer: ${found}`;
  return effect === 'once' ? new OutcomeUnknown(says, error) : unavailable(says, error);
}

/** Without the status and the notes that gRPC puts around what happened. */
const essence = (message: string): string => message.replace(/^\d+ [A-Z_]+: /, '').replace(/ Resolution note:.*$/, '');

export const unavailable = (why: string, cause?: unknown): BerthError =>
  new BerthError('BERTH_STORE_UNAVAILABLE', why, { cause });

/** etcd ended a watch and says why. */
export function cancelled(reason: string, compactRevision: number): BerthError {
  if (compactRevision > 0) {
    const expected = `at least ${compactRevision}`;
    return new BerthError('BERTH_STORE_COMPACTED', 'the start of the watch has been compacted', { expected });
  }
  return translate(new Error(`etcd cancelled the watch: ${reason || 'no reason given'}`), 'repeatable');
}
