import type { BerthError } from '../../errors/index.ts';
import type { Clock } from '../../platform/index.ts';
import {
  type CallOptions,
  type Kv,
  OutcomeUnknown,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
  type Watch,
  type WatchRequest,
} from '../kv.ts';
import { unavailable } from './errors.ts';
import type { Notices, Transport } from './watches.ts';

/** A message about to be sent. `events` is one that a watch is about to receive; its request is that of the watch. */
export type Call =
  | { method: 'range'; request: RangeRequest }
  | { method: 'txn'; request: TxnRequest }
  | { method: 'watch' | 'events'; request: WatchRequest }
  | { method: 'grantLease'; request: { ttlSeconds: number } }
  | { method: 'keepLeaseAlive' | 'revokeLease'; request: { id: string } }
  | { method: 'compact'; request: { revision: number } };

/**
 * - `refused`: it surely does not happen, and the caller learns so.
 * - `lost-request`: it does not happen; the caller waits until its time is up.
 * - `lost-reply`: it happens; the caller waits until its time is up.
 * - `delayMs`: the request takes that much longer. It may land after the caller gave up.
 *
 * A `watch` that is lost stays silent for ever. For `events`, `delayMs` stalls the watch, anything else but `none` cuts it.
 */
export type Fault = 'none' | 'refused' | 'lost-request' | 'lost-reply' | { delayMs: number };

export interface ConnectOptions {
  /** Decides the fate of each message. Default: all arrive. */
  fault?: (call: Call) => Fault;
  /** Called when a transaction of this client has changed something, whether or not its caller ever learns of it. */
  onLanded?: (request: TxnRequest, revision: number) => void;
}

/** What a client asks of the store. Everything happens at once; what it throws is the reply. */
export interface Server {
  range(request: RangeRequest): RangeResponse;
  txn(request: TxnRequest): TxnResponse;
  grantLease(ttlSeconds: number): { id: string; ttl: number };
  keepLeaseAlive(id: string): number;
  revokeLease(id: string): void;
  compact(revision: number): void;
  watch(request: WatchRequest, transport: Transport): Watch & { cut(): void };
  readonly notices: Notices;
}

const DEFAULT_TIMEOUT_MS = 5000;

/** One client of a `MemoryEtcd`. */
export class MemoryClient implements Kv {
  readonly #fault: (call: Call) => Fault;
  readonly #clock: Clock;
  readonly #latency: (() => number) | undefined;
  readonly #server: Server;
  #closed = false;
  /** Tells what is under way that the connection is gone. */
  readonly #underway = new Set<() => void>();

  constructor(options: ConnectOptions, clock: Clock, latency: (() => number) | undefined, server: Server) {
    this.#fault = options.fault ?? (() => 'none');
    this.#clock = clock;
    this.#latency = latency;
    this.#server = server;
  }

  range(request: RangeRequest, options?: CallOptions): Promise<RangeResponse> {
    return this.#call({ method: 'range', request }, options, () => this.#server.range(request));
  }

  txn(request: TxnRequest, options?: CallOptions): Promise<TxnResponse> {
    return this.#call({ method: 'txn', request }, options, () => this.#server.txn(request));
  }

  grantLease(ttlSeconds: number, options?: CallOptions): Promise<{ id: string; ttl: number }> {
    return this.#call({ method: 'grantLease', request: { ttlSeconds } }, options, () =>
      this.#server.grantLease(ttlSeconds),
    );
  }

  keepLeaseAlive(id: string, options?: CallOptions): Promise<number> {
    return this.#call({ method: 'keepLeaseAlive', request: { id } }, options, () => this.#server.keepLeaseAlive(id));
  }

  revokeLease(id: string, options?: CallOptions): Promise<void> {
    return this.#call({ method: 'revokeLease', request: { id } }, options, () => this.#server.revokeLease(id));
  }

  compact(revision: number, options?: CallOptions): Promise<void> {
    return this.#call({ method: 'compact', request: { revision } }, options, () => this.#server.compact(revision));
  }

  watch(request: WatchRequest): Watch {
    let opened: (Watch & { cut(): void }) | undefined;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      this.#underway.delete(end);
      if (opened) opened.cut();
      else this.#later(0, () => request.onEnd(unavailable('the watch could not be opened')));
    };
    this.#underway.add(end);

    const fate = this.#closed ? 'refused' : this.#fault({ method: 'watch', request });
    if (fate === 'refused') end();
    else if (fate === 'none' || typeof fate === 'object') {
      this.#later(delayOf(fate), () => {
        if (over) return;
        const transport = this.#transport(request);
        const onEnd = (error: BerthError) => {
          over = true;
          this.#underway.delete(end);
          request.onEnd(error);
        };
        opened = this.#server.watch({ ...request, onEnd }, transport);
      });
    }
    return {
      requestProgress: () => this.#later(0, () => opened?.requestProgress()),
      cancel: () => {
        over = true;
        this.#underway.delete(end);
        opened?.cancel();
      },
    };
  }

  /** Ends all watches and fails what is under way. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#underway]) end();
  }

  /** Cuts the watches and fails the calls under way of this client only; it can be used on. */
  disconnect(): void {
    for (const end of [...this.#underway]) end();
  }

  /** One attempt. What it does happens once, and may happen although the caller has given up. */
  #call<T>(call: Call, { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions = {}, execute: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable('the client is closed'));
    if (signal?.aborted) return Promise.reject(unavailable('the call was given up before it was sent'));
    const fate = this.#fault(call);
    if (fate === 'refused') return Promise.reject(unavailable('etcd does not answer'));
    if (fate === 'none' && !this.#latency) return new Promise((resolve) => resolve(execute()));

    return new Promise((resolve, reject) => {
      const fail = (why: string) => () => {
        settle();
        reject(call.method === 'txn' ? new OutcomeUnknown(why) : unavailable(why));
      };
      const onCut = fail('the connection was cut');
      const onAbort = fail('the call was given up');
      const deadline = this.#clock.after(timeoutMs, fail(`etcd did not answer within ${timeoutMs} ms`));
      const settle = () => {
        deadline.cancel();
        this.#underway.delete(onCut);
        signal?.removeEventListener('abort', onAbort);
      };
      this.#underway.add(onCut);
      signal?.addEventListener('abort', onAbort, { once: true });

      const reply = (answer: () => void) => {
        if (fate === 'lost-reply') return;
        this.#later(0, () => {
          settle();
          answer();
        });
      };
      if (fate === 'lost-request') return;
      this.#later(delayOf(fate), () => {
        try {
          const result = execute();
          reply(() => resolve(result));
        } catch (error) {
          reply(() => reject(error));
        }
      });
    });
  }

  /** Messages of one watch arrive in the order in which they were sent. */
  #transport(request: WatchRequest): Transport {
    let lastArrival = 0;
    let cut = false;
    return {
      send: (action) => {
        const fate = this.#fault({ method: 'events', request });
        if (fate !== 'none' && typeof fate === 'string') cut = true;
        const delay = delayOf(fate);
        if (!this.#latency && delay === 0 && lastArrival <= this.#clock.monotonic()) return queueMicrotask(action);
        const arrival = this.#clock.monotonic() + delay + (this.#latency?.() ?? 0);
        lastArrival = Math.max(lastArrival, arrival);
        this.#clock.after(lastArrival - this.#clock.monotonic(), action);
      },
      next: () => (cut ? 'cut' : 'deliver'),
      notices: this.#server.notices,
    };
  }

  #later(delayMs: number, action: () => void): void {
    if (!this.#latency && delayMs === 0) queueMicrotask(action);
    else this.#clock.after(delayMs + (this.#latency?.() ?? 0), action);
  }
}

const delayOf = (fault: Fault): number => (typeof fault === 'object' ? fault.delayMs : 0);
