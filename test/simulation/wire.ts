import { type Clock, integer, pick, type Random, sleep } from '../../lib/platform/index.ts';
import type { CallOptions, Kv, TxnRequest, TxnResponse } from '../../lib/store/index.ts';
import type { ConnectOptions, MemoryEtcd } from '../../lib/store/memory/index.ts';
import { brokenByLanding, type Landing, type Ledger } from '../invariants/index.ts';
import { type Life, mortalKv } from './life.ts';
import type { Unrest } from './unrest.ts';

/** Share of the transactions that are held up until their sender leads no more. */
const HELD_UP = 1 / 500;
/** Of those, the share that goes on right after the lead fell; the others take half a minute or so. */
const RIGHT_AFTER = 0.7;
/** Milliseconds, at most: some of them find the seat empty, some find a successor in it. */
const AFTER_THE_FALL = 200;

/** A process, as far as its messages to the store care. */
export interface Sender {
  readonly name: string;
  readonly life: Life;
  /** Cut off from the store. */
  partitioned: boolean;
}

interface WireOptions {
  etcd: MemoryEtcd;
  ledger: Ledger;
  clock: Clock;
  random: Random;
  unrest: Unrest;
  /** Is told what a transaction that landed has broken. */
  broken(what: string): void;
}

/**
 * What the transactions of controllers go through on their way to etcd, and who judges each as it lands, whether or
 * not its sender lives to hear of it.
 *
 * A late transaction is dangerous where its sender leads no more and all else that it compares is still as it was. That
 * is so for moments only: between the fall of a lead and the first writes of the successor. So what is held up goes on
 * at such a moment, and something makes the lead fall: its sender dies, or stands still, or is cut off.
 */
export class Wire {
  readonly #options: WireOptions;
  /** Who waits for the end of a lead, by the leader's key. */
  readonly #waiting = new Map<string, { createRevision: number; go(): void }[]>();

  constructor(options: WireOptions) {
    this.#options = options;
    options.etcd.observe(({ events }) => {
      for (const { kv } of events) this.#changed(kv.key, kv.createRevision);
    });
  }

  /**
   * What one controller of a process writes through. Each transaction has a connection of its own, so that it is known
   * whose it is when it lands.
   *
   * @param defect  what stands between the controller and the connection
   */
  client(controller: string, sender: Sender, connection: ConnectOptions, defect: (kv: Kv) => Kv): Kv {
    const { etcd, ledger, broken } = this.#options;
    const txn = (request: TxnRequest, options?: CallOptions): Promise<TxnResponse> => {
      const lead = this.#leadOf(request);
      const onLanded = ({ then }: TxnRequest) => {
        const landing = { controller, replica: sender.name, ...(lead && { lead }), written: writtenBy(then) };
        for (const what of brokenByLanding(ledger, landing)) broken(what);
      };
      const sound = this.#mayHoldUp(etcd.connect({ ...connection, onLanded }), onLanded, lead, sender);
      return defect(mortalKv(sound, sender.life)).txn(request, options);
    };
    const others = mortalKv(etcd.connect(connection), sender.life);
    return new Proxy(others, { get: (target, name) => (name === 'txn' ? txn : Reflect.get(target, name)) });
  }

  /** To its sender it is a request without an answer; it lands all the same. */
  #mayHoldUp(kv: Kv, onLanded: (request: TxnRequest) => void, lead: Landing['lead'], sender: Sender): Kv {
    const { etcd, clock, random, unrest } = this.#options;
    if (!lead || !unrest.strikes(HELD_UP)) return kv;
    const unanswered = etcd.connect({ fault: () => 'lost-request' });
    const released =
      random.next() < RIGHT_AFTER
        ? this.#fall(lead).then(() => sleep(clock, integer(random, AFTER_THE_FALL)))
        : sleep(clock, 10_000 + integer(random, 30_000));
    const recover = this.#fell(sender);
    void released.then(recover);
    return new Proxy(unanswered, {
      get: (target, name) => {
        if (name !== 'txn') return Reflect.get(target, name);
        return (request: TxnRequest, options?: CallOptions) => {
          // What becomes of it is told to `onLanded`.
          void released.then(() => etcd.connect({ onLanded }).txn(request)).catch(() => undefined);
          return unanswered.txn(request, options);
        };
      },
    });
  }

  /** Makes the sender lose all that it leads. @returns what ends its trouble */
  #fell(sender: Sender): () => void {
    const { clock, random } = this.#options;
    const { life } = sender;
    switch (pick(random, ['dies', 'stands still', 'is cut off'])) {
      case 'stands still':
        life.freeze();
        return () => life.thaw();
      case 'is cut off':
        sender.partitioned = true;
        return () => {
          sender.partitioned = false;
        };
      default:
        clock.after(integer(random, 1000), () => life.kill());
        return () => undefined;
    }
  }

  /** Resolves when the leader's key is gone, or somebody else's. */
  #fall({ key, createRevision }: NonNullable<Landing['lead']>): Promise<void> {
    const { ledger } = this.#options;
    const stands = ledger.get('leaders', ledger.locate(key)?.id ?? '');
    if (stands?.createRevision !== createRevision) return Promise.resolve();
    return new Promise((go) => {
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), { createRevision, go }]);
    });
  }

  #changed(key: string, createRevision: number): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.set(
      key,
      waiting.filter((each) => each.createRevision === createRevision),
    );
    for (const each of waiting) if (each.createRevision !== createRevision) each.go();
  }

  /** The lead that a transaction, as its controller meant it, compares. */
  #leadOf({ compare }: TxnRequest): Landing['lead'] {
    for (const { key, target, op, value } of compare) {
      const isLead = this.#options.ledger.locate(key)?.kind === 'leaders' && target === 'create' && op === '=';
      if (isLead && Number(value) > 0) return { key, createRevision: Number(value) };
    }
    return undefined;
  }
}

const writtenBy = (operations: TxnRequest['then']): string[] =>
  operations.flatMap((each) => ('put' in each ? [each.put] : 'delete' in each ? [each.delete] : []));
