import type { ControllerMetrics } from '../metrics/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
import type { Cache, Keyspace, Kv } from '../store/index.ts';
import { campaign, type Lead } from './election.ts';
import { EventRecorder } from './events.ts';
import { ensureInstallation } from './installation.ts';
import { type Slot, whileFavourite } from './slots.ts';
import { type AnyController, Term } from './term.ts';

export interface RunnerOptions {
  definition: AnyController;
  /** Absent: all keys are under one lead. */
  slot?: Slot;
  /** Of this replica. */
  identity: string;
  kv: Kv;
  keyspace: Keyspace;
  cache: Cache;
  clock: Clock;
  random: Random;
  log: Log;
  tools: unknown;
  metrics: ControllerMetrics;
  /** Of the lead: seconds, and milliseconds between attempts. */
  ttl: number;
  retry: number;
}

/** What a controller does in this replica. */
export interface ControllerState {
  readonly name: string;
  /** Its share of the keys, where it has slots. */
  readonly slot?: string;
  /** `follower`: waits for the lead to fall free. */
  readonly role: 'leader' | 'follower' | 'stopped';
  /** Revision of the lead's key, while it leads. */
  readonly fence?: number;
  /** Keys that wait, that have an appointment, and that are being reconciled. */
  readonly queue: { readonly waiting: number; readonly delayed: number; readonly processing: number };
}

/** Milliseconds that the last events may take at the end. */
const FAREWELL = 1000;

/** One lead of one controller in one replica: campaigns, serves its terms, campaigns again. */
export class Runner {
  /** What is led: `placement`, `container/3`. */
  readonly lead: string;
  readonly #options: RunnerOptions;
  #running = false;
  #term: { term: Term; lead: Lead } | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.lead = options.slot ? `${options.definition.name}/${options.slot.name}` : options.definition.name;
  }

  /** Until `stopping` aborts, and its term has ended in order. Never rejects. */
  async run(stopping: AbortSignal): Promise<void> {
    const { definition, metrics, slot } = this.#options;
    const events = new EventRecorder({
      ...this.#options,
      controller: definition.name,
      onDrop: () => metrics.eventDropped(),
    });
    const inOffice = (signal: AbortSignal) =>
      campaign({ ...this.#options, name: this.lead }, (lead) => this.#serve(lead, { events, signal }), signal);
    this.#running = true;
    if (slot) await whileFavourite({ ...this.#options, lead: this.lead }, inOffice, stopping);
    else await inOffice(stopping);
    await events.close(FAREWELL);
    this.#running = false;
  }

  state(): ControllerState {
    const { definition, slot } = this.#options;
    const about = { name: definition.name, ...(slot && { slot: slot.name }) };
    // A term that has lost its lead still ends its work, but leads no more.
    if (!this.#term || this.#term.lead.signal.aborted) {
      const role = this.#running ? 'follower' : 'stopped';
      return { ...about, role, queue: { waiting: 0, delayed: 0, processing: 0 } };
    }
    const { term, lead } = this.#term;
    const { depth: waiting, delayed, processing } = term.queue;
    return { ...about, role: 'leader', fence: lead.createRevision, queue: { waiting, delayed, processing } };
  }

  async #serve(lead: Lead, { events, signal }: { events: EventRecorder; signal: AbortSignal }): Promise<void> {
    const installation = await ensureInstallation(this.#options);
    const term = new Term({ ...this.#options, name: this.lead, lead, installation, events });
    this.#term = { term, lead };
    try {
      await term.serve(signal);
    } finally {
      this.#term = undefined;
    }
  }
}
