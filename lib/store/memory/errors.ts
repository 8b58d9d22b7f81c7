import { BerthError } from '../../errors/index.ts';

/** The refusals of etcd, in the words that berth gives them. */

export const invalid = (why: string) => new BerthError('BERTH_STORE_INVALID', `etcd refuses the request: ${why}`);

export const tooLarge = (bytes: number) =>
  new BerthError('BERTH_TOO_LARGE', 'the request is too large for etcd', { found: `${bytes} bytes` });

export const compacted = (asked: number, at: number) =>
  new BerthError('BERTH_STORE_COMPACTED', `revision ${asked} has been compacted`, { expected: `at least ${at}` });

/** The store was set back, or a member lags behind: like a compacted revision, it cannot be read, so list again. */
export const notYet = (asked: number, at: number) =>
  new BerthError('BERTH_STORE_COMPACTED', `revision ${asked} is in the future`, { expected: `at most ${at}` });

export const leaseGone = (id: string) => new BerthError('BERTH_STORE_LEASE_GONE', `lease ${id} is gone`);

export const unavailable = (why: string) => new BerthError('BERTH_STORE_UNAVAILABLE', why);
