import { castGrpcError, Etcd3, EtcdInvalidAuthTokenError, type IDuplexStream } from 'etcd3';
import type { RangeRequest, RangeResponse, TxnRequest, TxnResponse } from '../kv.ts';
import { Requests, type WatchMessage } from './wire/requests.ts';
import { rangeResponse, txnResponse, type WatchResponse, watchResponse } from './wire/responses.ts';

/** Of one call: when it ends at the latest, milliseconds since the epoch. */
export interface CallLimits {
  deadline: number;
}

export type WatchStream = IDuplexStream<WatchMessage, WatchResponse>;

/**
 * etcd3's client, with a way past its codec for the calls that carry much. Connections, TLS and tokens stay etcd3's.
 *
 * etcd3 makes an object with a `Long` for every number, then another one with texts, then we one of our own: for a
 * watched event that was 12 µs, and 128 of them come at a time.
 */
export class Session extends Etcd3 {
  readonly #requests = new Requests();

  read(request: RangeRequest, limits: CallLimits): Promise<RangeResponse> {
    return this.#unary('/etcdserverpb.KV/Range', this.#requests.range, rangeResponse, request, limits);
  }

  transact(request: TxnRequest, limits: CallLimits): Promise<TxnResponse> {
    return this.#unary('/etcdserverpb.KV/Txn', this.#requests.txn, txnResponse, request, limits);
  }

  /** A stream of its own, as etcd3's `WatchClient` opens it. */
  openWatch(): Promise<WatchStream> {
    return this.pool.withConnection('Watch', ({ resource, client, metadata }) => {
      const stream = client.makeBidiStreamRequest(
        '/etcdserverpb.Watch/Watch',
        this.#requests.watch,
        watchResponse,
        metadata,
      );
      stream.on('error', (error) => {
        if (stream.writable) this.pool.markFailed(resource, error);
      });
      return stream;
    });
  }

  async #unary<Request, Response>(
    path: string,
    serialize: (request: Request) => Buffer,
    deserialize: (message: Buffer) => Response,
    request: Request,
    limits: CallLimits,
  ): Promise<Response> {
    const send = () =>
      this.pool.withConnection('KV', ({ client, metadata }) => {
        return new Promise<Response>((resolve, reject) => {
          client.makeUnaryRequest(path, serialize, deserialize, request, metadata, limits, (error, response) => {
            if (response === undefined) reject(error ? castGrpcError(error) : new Error('an answer without a message'));
            else resolve(response);
          });
        });
      });
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof EtcdInvalidAuthTokenError)) throw error;
      // etcd forgot the token, and refused the call because of it. etcd3 fetches another one only in calls of its own.
      await this.kv
        .range({ key: Buffer.from('\0'), keys_only: true, serializable: true }, limits)
        .catch(() => undefined);
      return send();
    }
  }
}
