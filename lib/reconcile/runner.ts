import type { ControllerMetrics } from '../metrics/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
import type { Cache, Keyspace, Kv } from '../store/index.ts';
import { campaign, type Lead } from './election.ts';
import { EventRecorder } from './events.ts';
import { ensureInstallation } from './installation.ts';
import { type AnyController, Term } from './term.ts';

export interface RunnerOptions {
  definition: AnyController;
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
  /** `follower`: waits for the lead to fall free. */
  readonly role: 'leader' | 'follower' | 'stopped';
  /** Revision of the lead's key, while it leads. */
  readonly fence?: number;
  /** Keys that wait, that have an appointment, and that are being reconciled. */
  readonly queue: { readonly waiting: number; readonly delayed: number; readonly processing: number };
}

/** Milliseconds that the last events may take at the end. */
const FAREWELL = 1000;

/** One controller in one replica: campaigns, serves its terms, campaigns again. */
export class Runner {
  readonly #options: RunnerOptions;
  #running = false;
  #term: { term: Term; lead: Lead } | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Until `stopping` aborts, and its term has ended in order. Never rejects. */
  async run(stopping: AbortSignal): Promise<void> {
    const { definition, metrics } = this.#options;
    const events = new EventRecorder({
      ...this.#options,
      controller: definition.name,
      onDrop: () => metrics.eventDropped(),
    });
    this.#running = true;
    await campaign(
      { ...this.#options, name: definition.name },
      (lead) => this.#serve(lead, events, stopping),
      stopping,
    );
    await events.close(FAREWELL);
    this.#running = false;
  }

  state(): ControllerState {
    const { name } = this.#options.definition;
    // A term that has lost its lead still ends its work, but leads no more.
    if (!this.#term || this.#term.lead.signal.aborted)
      return {
        ...{ name, role: this.#running ? 'follower' : 'stopped' },
        queue: { waiting: 0, delayed: 0, processing: 0 },
      };
    const { term, lead } = this.#term;
    const { depth: waiting, delayed, processing } = term.queue;
    return { name, role: 'leader', fence: lead.createRevision, queue: { waiting, delayed, processing } };
  }

  async #serve(lead: Lead, events: EventRecorder, stopping: AbortSignal): Promise<void> {
    const installation = await ensureInstallation(this.#options);
    const term = new Term({ ...this.#options, lead, installation, events });
    this.#term = { term, lead };
    try {
      await term.serve(stopping);
    } finally {
      this.#term = undefined;
    }
  }
}
