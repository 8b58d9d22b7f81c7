import type { BerthError } from '../../errors/index.ts';
import type { Watch, WatchEvent, WatchRequest } from '../kv.ts';
import { compacted, unavailable } from './errors.ts';
import type { History, Revision } from './history.ts';
import { inRange } from './sorted.ts';

/** `hasty`: as etcd before 3.4.25 and 3.5.8, issue 15220. */
export type Notices = 'ordered' | 'hasty';

/** How a watch's messages reach its client. */
export interface Transport {
  /** Calls `action` later, after all that was handed in before. */
  send(action: () => void): void;
  /** What becomes of the stream when the next message is due. */
  next(): 'deliver' | 'cut';
  /** Whether progress notices that were asked for wait for the events that they cover. */
  readonly notices: Notices;
}

/** Revisions that one message carries at most (etcd's watchBatchMaxRevs). */
const MAX_REVISIONS_PER_BATCH = 1000;

/** The watches of a store. Each has a cursor into the history; what it has not seen is read when a message is due. */
export class Watches {
  #watches = new Set<ServedWatch>();
  readonly #history: () => History;

  constructor(history: () => History) {
    this.#history = history;
  }

  /** As when the request arrives: without a start revision, what is written from now on is delivered. */
  open(request: WatchRequest, transport: Transport): Watch & { cut(): void } {
    const watch = new ServedWatch(request, transport, this.#history, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    watch.open();
    return watch;
  }

  publish(revision: Revision): void {
    for (const watch of this.#watches) watch.publish(revision);
  }

  /** Ends all, as a restart of etcd does. */
  cutAll(): void {
    for (const watch of [...this.#watches]) watch.cut();
  }
}

class ServedWatch implements Watch {
  readonly #request: WatchRequest;
  readonly #transport: Transport;
  readonly #history: () => History;
  readonly #forget: () => void;
  /** The next revision to look at. */
  #cursor: number;
  #scheduled = false;
  #progressWanted = false;
  #over = false;
  #cancelled = false;

  constructor(request: WatchRequest, transport: Transport, history: () => History, forget: () => void) {
    this.#request = request;
    this.#transport = transport;
    this.#history = history;
    this.#forget = forget;
    this.#cursor = request.startRevision || history().revision + 1;
  }

  open(): void {
    // Where there is nothing to replay, the confirmation that a watch is open serves as a progress notice.
    if (this.#cursor === this.#history().revision + 1) this.#progressWanted = true;
    this.#schedule();
  }

  publish({ revision, events }: Revision): void {
    if (revision < this.#cursor || !events.some(({ kv }) => inRange(kv.key, this.#request))) return;
    this.#skipTo(revision);
    this.#schedule();
  }

  requestProgress(): void {
    if (this.#over) return;
    if (this.#scheduled && this.#transport.notices === 'hasty') this.#request.onEvents([], this.#history().revision);
    this.#progressWanted = true;
    this.#skipTo(this.#history().revision + 1);
    this.#schedule();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#over = true;
    this.#forget();
  }

  cut(): void {
    this.#end(unavailable('the watch was cut'));
  }

  /** While no message is due nothing below this was missed, so that a compaction does not matter to a watch of a quiet range. */
  #skipTo(revision: number): void {
    if (!this.#scheduled) this.#cursor = Math.max(this.#cursor, revision);
  }

  #schedule(): void {
    if (this.#scheduled || this.#over) return;
    this.#scheduled = true;
    this.#transport.send(() => {
      this.#scheduled = false;
      if (!this.#over) this.#deliver();
    });
  }

  #deliver(): void {
    const history = this.#history();
    if (this.#transport.next() === 'cut') this.cut();
    else if (this.#cursor < history.compacted) this.#end(compacted(this.#cursor, history.compacted));
    if (this.#over) return;

    const upTo = history.revision;
    let events: WatchEvent[] = [];
    let revisions = 0;
    for (const revision of history.since(this.#cursor)) {
      const wanted = revision.events.filter(({ kv }) => inRange(kv.key, this.#request));
      if (wanted.length === 0) continue;
      events.push(...wanted);
      this.#cursor = revision.revision + 1;
      if (++revisions < MAX_REVISIONS_PER_BATCH) continue;
      this.#request.onEvents(events, revision.revision);
      if (this.#over) return;
      events = [];
      revisions = 0;
    }
    if (revisions > 0) this.#request.onEvents(events, this.#cursor - 1);
    this.#cursor = Math.max(this.#cursor, upTo + 1);
    if (this.#over || !this.#progressWanted) return;
    this.#progressWanted = false;
    this.#request.onEvents([], upTo);
  }

  #end(error: BerthError): void {
    if (this.#over) return;
    this.#forget();
    this.#over = true;
    this.#transport.send(() => {
      if (!this.#cancelled) this.#request.onEnd(error);
    });
  }
}
