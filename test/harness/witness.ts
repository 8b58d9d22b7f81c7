import type { ContainerSummary } from '../../lib/docker/index.ts';
import { isCode } from '../../lib/errors/index.ts';
import { type Keyspace, type Kv, list, prefixEnd, type WatchEvent } from '../../lib/store/index.ts';
import { check, Ledger } from '../invariants/index.ts';

/** Milliseconds until a watch that ended is opened again. */
const AGAIN = 200;

/** What engines hold, by host; absent for one that does not answer. */
export type Engines = () => Promise<ReadonlyMap<string, readonly ContainerSummary[]>>;

/**
 * Follows an etcd and checks the invariants: those of records after each revision, those of containers at each sample.
 *
 * Engines cannot be asked all at once, so a container counts as running where this sample and the one before it
 * both found it: it then ran at the moment between them, which is also the moment of the records it is compared with.
 */
export class Witness {
  /** Records and containers, as of the last sample. */
  readonly ledger: Ledger;
  /** Every invariant that did not hold, in words. */
  readonly broken: string[] = [];
  samples = 0;
  readonly #records: Ledger;
  readonly #engines: Engines;
  readonly #arrived: Parameters<Ledger['apply']>[0][] = [];
  readonly #stop = new Map<string, () => void>();
  #stopped = false;
  #before: ReadonlyMap<string, readonly ContainerSummary[]> = new Map();

  private constructor(keyspace: Keyspace, engines: Engines) {
    this.ledger = new Ledger(keyspace, () => performance.now());
    this.#records = new Ledger(keyspace, () => performance.now());
    this.#engines = engines;
  }

  /** Reads everything below the keyspace's prefixes, then watches it. */
  static async start(kv: Kv, keyspace: Keyspace, engines: Engines): Promise<Witness> {
    const witness = new Witness(keyspace, engines);
    for (const key of keyspace.prefixes) {
      const range = { key, end: prefixEnd(key) };
      const { kvs, revision } = await list(kv, range);
      for (const each of kvs) witness.#records.apply(each);
      witness.#arrived.push(...kvs);
      witness.#follow(kv, range, revision + 1);
    }
    return witness;
  }

  stop(): void {
    for (const stop of this.#stop.values()) stop();
    this.#stopped = true;
  }

  /** A connection may drop where much runs at once: etcd keeps the history, and the watch goes on where it was. */
  #follow(kv: Kv, range: { key: string; end: string }, startRevision: number): void {
    let next = startRevision;
    const watch = kv.watch({
      ...range,
      startRevision,
      onEvents: (events) => {
        this.#take(events);
        next = Math.max(next, ...events.map(({ kv: { modRevision } }) => modRevision + 1));
      },
      onEnd: (error) => {
        if (this.#stopped) return;
        const { message } = error;
        if (isCode(error, 'BERTH_STORE_UNAVAILABLE')) setTimeout(() => this.#resume(kv, range, next), AGAIN);
        else this.broken.push(`the witness lost its watch: ${message}`);
      },
    });
    this.#stop.set(range.key, () => watch.cancel());
  }

  #resume(kv: Kv, range: { key: string; end: string }, next: number): void {
    if (!this.#stopped) this.#follow(kv, range, next);
  }

  /** Looks at every engine, and checks. @returns what is broken by now */
  async sample(): Promise<readonly string[]> {
    for (const change of this.#arrived.splice(0)) this.ledger.apply(change);
    const now = await this.#engines();
    for (const host of this.ledger.engines.keys()) if (!now.has(host)) this.ledger.engine(host, undefined);
    for (const [host, containers] of now) this.ledger.engine(host, heldThroughout(this.#before.get(host), containers));
    for (const { id } of this.ledger.list('hosts')) {
      const host = id.slice(id.indexOf('/') + 1);
      for (const ledger of [this.ledger, this.#records]) ledger.hears(host, now.has(host) ? 'answers' : 'nothing');
    }
    this.#before = now;
    this.samples++;
    this.#say(check(this.ledger));
    return this.broken;
  }

  #take(events: readonly WatchEvent[]): void {
    for (const [i, { type, kv }] of events.entries()) {
      const { key, value, createRevision, modRevision } = kv;
      const change = { key, createRevision, modRevision, ...(type === 'put' && { value }) };
      this.#arrived.push(change);
      this.#records.apply(change);
      // A transaction is one revision: what it leaves behind counts, not what it goes through.
      if (events[i + 1]?.kv.modRevision !== kv.modRevision) this.#say(check(this.#records), kv.modRevision);
    }
  }

  #say(broken: readonly string[], revision?: number): void {
    for (const what of broken) this.broken.push(revision === undefined ? what : `at revision ${revision}: ${what}`);
  }
}

function heldThroughout(
  before: readonly ContainerSummary[] = [],
  now: readonly ContainerSummary[],
): readonly ContainerSummary[] {
  return now.flatMap((each) => {
    const earlier = before.find(({ id }) => id === each.id);
    if (!earlier) return [];
    return [earlier.state === 'running' ? each : { ...each, state: earlier.state }];
  });
}
