import { dirname, join } from 'node:path';
import { defaultIdentityPath } from '../../lib/secrets/index.ts';

/** Where the controllers' HTTP port is unless told otherwise. */
export const DEFAULT_HTTP = '127.0.0.1:7070';

/** Bytes of a request to it: a command and what that reads, as JSON. */
export const REQUEST_LIMIT = 1 << 20;
/** Bytes of each stream of a command's output that it hands on. */
export const OUTPUT_LIMIT = 1 << 20;

type Env = Readonly<Record<string, string | undefined>>;

/** The token for logs and exec: beside the identity, so that `berth up` and `berth logs` of one user agree unasked. */
export const defaultTokenPath = (env: Env, identity = defaultIdentityPath(env)): string =>
  join(dirname(identity), 'http-token');
