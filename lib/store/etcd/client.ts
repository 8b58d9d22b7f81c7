import { isCode } from '../../errors/index.ts';
import { type Clock, type Log, withTimeout } from '../../platform/index.ts';
import type {
  CallOptions,
  Kv,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  Watch,
  WatchRequest,
} from '../kv.ts';
import { Connection, type EtcdOptions } from './connection.ts';
import { translate, unavailable } from './errors.ts';
import { keepAliveOnce } from './leases.ts';
import type { CallLimits, Session } from './session.ts';
import { EtcdWatch } from './watch.ts';

const DEFAULT_TIMEOUT_MS = 5000;

/** gRPC ends a call at its deadline; this much later it is given up even if gRPC does not (while it authenticates). */
const GRACE_MS = 100;

/** Sends one request with an etcd3 client. */
type Send<T> = (etcd: Session, limits: CallLimits) => Promise<T>;

/** `Kv` over the RPCs of etcd3's connections. Watches, leases and the rest have connections of their own. */
export class EtcdClient implements Kv {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #data: Connection;
  readonly #leases: Connection;
  readonly #watching: Connection;
  readonly #watches = new Set<EtcdWatch>();
  /** Gives up the calls under way. */
  readonly #underway = new Set<() => void>();

  constructor(options: EtcdOptions, clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#data = new Connection(options, clock);
    this.#leases = new Connection(options, clock);
    this.#watching = new Connection(options, clock);
  }

  range(request: RangeRequest, options?: CallOptions): Promise<RangeResponse> {
    return this.#call(this.#data, 'repeatable', options, (etcd, limits) => etcd.read(request, limits));
  }

  txn(request: TxnRequest, options?: CallOptions): Promise<TxnResponse> {
    return this.#call(this.#data, 'once', options, (etcd, limits) => etcd.transact(request, limits));
  }

  async grantLease(ttlSeconds: number, options?: CallOptions): Promise<{ id: string; ttl: number }> {
    const { ID, TTL } = await this.#call(this.#leases, 'repeatable', options, (etcd, limits) =>
      etcd.leaseClient.leaseGrant({ TTL: Math.ceil(ttlSeconds) }, limits),
    );
    return { id: ID, ttl: Number(TTL) };
  }

  keepLeaseAlive(id: string, options?: CallOptions): Promise<number> {
    return this.#call(this.#leases, 'repeatable', options, (etcd, limits) => keepAliveOnce(etcd, id, limits));
  }

  async revokeLease(id: string, options?: CallOptions): Promise<void> {
    try {
      await this.#call(this.#leases, 'repeatable', options, (etcd, limits) =>
        etcd.leaseClient.leaseRevoke({ ID: id }, limits),
      );
    } catch (error) {
      if (!isCode(error, 'BERTH_STORE_LEASE_GONE')) throw error;
    }
  }

  async compact(revision: number, options?: CallOptions): Promise<void> {
    await this.#call(this.#data, 'repeatable', options, (etcd, limits) => etcd.kv.compact({ revision }, limits));
  }

  watch(request: WatchRequest): Watch {
    const forget = () => this.#watches.delete(watch);
    const watch: EtcdWatch = new EtcdWatch(request, this.#watching, this.#clock, this.#log, forget);
    this.#watches.add(watch);
    return watch;
  }

  close(): void {
    for (const giveUp of [...this.#underway]) giveUp();
    for (const watch of [...this.#watches]) watch.end(unavailable('the client was closed'));
    for (const connection of [this.#data, this.#leases, this.#watching]) connection.close();
  }

  async #call<T>(
    connection: Connection,
    effect: 'once' | 'repeatable',
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions = {},
    send: Send<T>,
  ): Promise<T> {
    if (signal?.aborted) throw unavailable('the call was given up before it was sent');
    const borrowed = connection.borrow();
    const given = new AbortController();
    const giveUp = () => given.abort();
    this.#underway.add(giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const tooLate = () => new Error(`no answer within ${timeoutMs} ms`);
      const deadline = this.#clock.now() + timeoutMs;
      const work = () => send(borrowed.etcd, { deadline });
      const result = await withTimeout(this.#clock, timeoutMs + GRACE_MS, tooLate, work, given.signal);
      borrowed.release('answered');
      return result;
    } catch (error) {
      const failure = translate(given.signal.aborted ? new Error('the call was given up') : error, effect);
      const answered = !isCode(failure, 'BERTH_STORE_UNAVAILABLE');
      borrowed.release(given.signal.aborted ? 'given up' : answered ? 'answered' : 'failed');
      throw failure;
    } finally {
      this.#underway.delete(giveUp);
      signal?.removeEventListener('abort', giveUp);
    }
  }
}
