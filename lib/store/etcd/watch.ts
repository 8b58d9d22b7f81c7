import { type BerthError, isCode } from '../../errors/index.ts';
import { type Clock, type Log, withTimeout } from '../../platform/index.ts';
import type { Watch, WatchRequest } from '../kv.ts';
import type { Borrowed, Connection, Outcome } from './connection.ts';
import { cancelled, translate, unavailable } from './errors.ts';
import type { WatchStream } from './session.ts';
import type { WatchResponse } from './wire/responses.ts';

const OPEN_TIMEOUT_MS = 5000;

/**
 * One watch on a stream of its own, so that one that etcd refuses cannot hold up another. It delivers what etcd sends,
 * keeps no cursor and never reconnects: it ends, and whoever opened it knows what was delivered.
 */
export class EtcdWatch implements Watch {
  readonly #request: WatchRequest;
  readonly #log: Log;
  #borrowed: Borrowed | undefined;
  #stream: WatchStream | undefined;
  #confirmOpen: () => void = () => {};
  #isOpen = false;
  #progressWanted = false;
  #over = false;
  readonly #forget: () => void;

  constructor(request: WatchRequest, connection: Connection, clock: Clock, log: Log, forget: () => void) {
    this.#request = request;
    this.#log = log;
    this.#forget = forget;
    void this.#open(connection, clock);
  }

  requestProgress(): void {
    if (this.#isOpen && !this.#over) this.#stream?.write('progress');
    // Before etcd has confirmed the watch there is nothing to report on.
    else this.#progressWanted = true;
  }

  cancel(): void {
    this.#finish('given up');
  }

  /** Ends it from this side. */
  end(error: BerthError): void {
    if (this.#over) return;
    // A denial may also mean that etcd restarted and forgot the token: etcd does not tell a watch which.
    this.#finish(isCode(error, 'BERTH_STORE_UNAVAILABLE', 'BERTH_STORE_DENIED') ? 'failed' : 'answered');
    this.#log.debug({ key: this.#request.key, code: error.code }, 'a watch ended');
    this.#request.onEnd(error);
  }

  async #open(connection: Connection, clock: Clock): Promise<void> {
    try {
      const tooLate = () => unavailable(`etcd did not open the watch within ${OPEN_TIMEOUT_MS} ms`);
      await withTimeout(clock, OPEN_TIMEOUT_MS, tooLate, async () => {
        this.#borrowed = connection.borrow();
        const stream = await this.#borrowed.etcd.openWatch();
        // It may be over already; then an error of the stream must still find a listener.
        this.#listen(stream);
        if (this.#over) return stream.cancel();
        this.#stream = stream;
        const { key, end, startRevision = 0 } = this.#request;
        const opened = new Promise<void>((resolve) => {
          this.#confirmOpen = resolve;
        });
        stream.write({ key, startRevision, ...(end !== undefined && { end }) });
        await opened;
      });
    } catch (error) {
      this.end(translate(error, 'repeatable'));
    }
  }

  #listen(stream: WatchStream): void {
    stream.on('data', (response) => this.#receive(response));
    stream.on('error', (error) => this.end(translate(error, 'repeatable')));
    stream.on('end', () => this.end(unavailable('etcd ended the stream of the watch')));
  }

  #receive({ revision, created, canceled, compactRevision, cancelReason, events }: WatchResponse): void {
    if (this.#over) return;
    if (canceled || compactRevision > 0) {
      this.end(cancelled(cancelReason, compactRevision));
    } else if (created) {
      this.#opened(revision);
    } else {
      // Not the header's revision: while etcd sends a backlog in parts, that one is ahead of the events.
      this.#request.onEvents(events, events.at(-1)?.kv.modRevision ?? revision);
    }
  }

  #opened(revision: number): void {
    this.#isOpen = true;
    this.#confirmOpen();
    const { startRevision = 0 } = this.#request;
    if (startRevision === 0 || startRevision === revision + 1) this.#request.onEvents([], revision);
    if (this.#progressWanted) this.requestProgress();
  }

  #finish(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#confirmOpen();
    this.#stream?.cancel();
    this.#borrowed?.release(outcome);
  }
}
