import { noop } from 'cockatiel';
import type { IOptions } from 'etcd3';
import type { Clock } from '../../platform/index.ts';
import { unavailable } from './errors.ts';
import { Session } from './session.ts';

export interface EtcdOptions {
  /** `http://host:port` or `https://host:port`. One is used at a time; the next when it fails. */
  endpoints: readonly string[];
  /** PEM. Without `cert` and `key` only etcd proves who it is. */
  tls?: { ca: string | Buffer; cert?: string | Buffer; key?: string | Buffer };
  user?: string;
  password?: string;
}

const GRPC_OPTIONS = {
  // A list or a backlog of events may be larger than the 4 MiB that gRPC allows by default.
  'grpc.max_receive_message_length': -1,
  // A dead connection is noticed within 8 s. etcd drops clients that ping more often than every 5 s, or while idle.
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.keepalive_permit_without_calls': 0,
  // One attempt for each call: who retries must know that it is a retry.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2000,
  // Connections of different clients stay apart, so that one that hangs does not hang the others.
  'grpc.use_local_subchannel_pool': 1,
};

/** For the exchange of a password for a token; etcd's bcrypt takes a while. */
const AUTHENTICATION_TIMEOUT_MS = 5000;

/** How the use of a client ended: etcd answered (be it with a refusal), or did not, or nobody waited any longer. */
export type Outcome = 'answered' | 'failed' | 'given up';

/** One etcd3 client in use, until `release`. */
export interface Borrowed {
  readonly etcd: Session;
  release(outcome: Outcome): void;
}

/**
 * An etcd3 client that is replaced when it fails, by one for the next endpoint and with a new token. A client that was
 * replaced is closed after its last call, so that the failure of one call does not end another.
 */
export class Connection {
  readonly #options: EtcdOptions;
  readonly #clock: Clock;
  #endpoint = 0;
  #current: { etcd: Session; users: number; answers: number } | undefined;
  #closed = false;

  constructor(options: EtcdOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** @throws BERTH_STORE_UNAVAILABLE when it is closed */
  borrow(): Borrowed {
    if (this.#closed) throw unavailable('the client is closed');
    this.#current ??= { etcd: this.#connect(), users: 0, answers: 0 };
    const client = this.#current;
    client.users++;
    const answersBefore = client.answers;
    let released = false;
    return {
      etcd: client.etcd,
      release: (outcome) => {
        if (released) return;
        released = true;
        client.users--;
        if (outcome === 'answered') client.answers++;
        // One that answered others in the meantime is slow, not broken.
        if (outcome === 'failed' && client.answers === answersBefore && this.#current === client) {
          this.#current = undefined;
          this.#endpoint = (this.#endpoint + 1) % this.#options.endpoints.length;
        }
        if (client.users === 0 && this.#current !== client) client.etcd.close();
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#current?.etcd.close();
    this.#current = undefined;
  }

  #connect(): Session {
    const { endpoints, tls, user, password } = this.#options;
    const options: IOptions = {
      hosts: endpoints[this.#endpoint]!,
      grpcOptions: GRPC_OPTIONS,
      // No retry and no circuit breaker: etcd3's own would repeat transactions and fail healthy calls.
      faultHandling: { global: noop, host: () => noop },
    };
    if (tls) {
      options.credentials = {
        rootCertificate: Buffer.from(tls.ca),
        ...(tls.key !== undefined && { privateKey: Buffer.from(tls.key) }),
        ...(tls.cert !== undefined && { certChain: Buffer.from(tls.cert) }),
      };
    }
    if (user !== undefined) {
      const callOptions = () => ({ deadline: this.#clock.now() + AUTHENTICATION_TIMEOUT_MS });
      options.auth = { username: user, password: password ?? '', callOptions };
    }
    return new Session(options);
  }
}
