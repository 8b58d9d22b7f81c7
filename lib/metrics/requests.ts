import { Counter, type Registry } from 'prom-client';
import { BerthError } from '../errors/index.ts';
import type { Kv } from '../store/index.ts';

/** The calls of a `Kv` that are one request and one answer. */
const METHODS = ['range', 'txn', 'grantLease', 'keepLeaseAlive', 'revokeLease', 'compact'] as const;

/**
 * Counts requests to stores, as `rest_client_requests_total` with the words of gRPC and berth: `code` is `OK` or the
 * error's code, `method` the call, `host` whom it went to.
 *
 * @returns a function that wraps a client: same contract, counted
 */
export function requestMetrics(registry: Registry): (kv: Kv, host: string) => Kv {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the store, by outcome.',
    labelNames: ['code', 'method', 'host'] as const,
    registers: [registry],
  });
  return (kv, host) => {
    for (const method of METHODS) requests.inc({ code: 'OK', method, host }, 0);
    const counted = async <T>(method: string, call: Promise<T>): Promise<T> => {
      try {
        const answer = await call;
        requests.inc({ code: 'OK', method, host });
        return answer;
      } catch (error) {
        requests.inc({ code: error instanceof BerthError ? error.code : 'UNKNOWN', method, host });
        throw error;
      }
    };
    return {
      range: (request, options) => counted('range', kv.range(request, options)),
      txn: (request, options) => counted('txn', kv.txn(request, options)),
      grantLease: (ttl, options) => counted('grantLease', kv.grantLease(ttl, options)),
      keepLeaseAlive: (id, options) => counted('keepLeaseAlive', kv.keepLeaseAlive(id, options)),
      revokeLease: (id, options) => counted('revokeLease', kv.revokeLease(id, options)),
      compact: (revision, options) => counted('compact', kv.compact(revision, options)),
      watch(request) {
        requests.inc({ code: 'OK', method: 'watch', host });
        return kv.watch({
          ...request,
          onEnd(error) {
            requests.inc({ code: error.code, method: 'watch', host });
            request.onEnd(error);
          },
        });
      },
      close: () => kv.close(),
    };
  };
}
