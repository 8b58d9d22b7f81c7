import { controllers } from '../../controllers/index.ts';
import { createProcess, type Process } from '../../controllers/process.ts';
import { Hollow, type HollowMachine } from '../../lib/machine/index.ts';
import { Registry } from '../../lib/metrics/index.ts';
import { integer, type Log, type Random, seededRandom, silent, sleep } from '../../lib/platform/index.ts';
import { VirtualClock } from '../../lib/simulation/index.ts';
import { type CallOptions, type Kv, keyspace, prefixEnd, type TxnRequest } from '../../lib/store/index.ts';
import { type Call, createMemoryEtcd, type Fault, type MemoryEtcd } from '../../lib/store/memory/index.ts';
import { check, Ledger } from '../invariants/index.ts';
import type { Bug } from './bugs.ts';
import { Life, mortalClock, mortalKv } from './life.ts';
import { hollowTools, SECRET } from './tools.ts';

/** Share of calls at which a process dies, while faults are on: about one death in some virtual minutes. */
const DEATHS = 1 / 20_000;
/** Share of the batches for hosts that are held up. */
const STALLS = 1 / 25;
/** Share of the writes that are a process's last: it dies, and they arrive when somebody else leads. */
const LAST_WORDS = 1 / 1000;
/** Milliseconds that a process stays down, at most. */
const DOWN = 4000;

/** Keys that are written without a lead. */
const FREE = /\/(events|leaders|members|installation)(\/|$)/;

export interface WorldOptions {
  replicas?: number;
  /** Is told every change of the store and everything the controllers log, with the virtual time. */
  tell?: (what: string) => void;
  /** A deliberate defect in every process. */
  bug?: Bug;
}

/** One process of controllers in the simulation. */
export interface Replica {
  name: string;
  life: Life;
  process: Process;
  /** Cut off from the store. */
  partitioned: boolean;
}

/**
 * The whole world of one seed: a virtual clock, a store in memory, hollow machines, replicas of the controllers that
 * die and come back, and the ledger that checks every invariant at each change.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly keyspace = keyspace();
  readonly etcd: MemoryEtcd;
  readonly hollow: Hollow;
  readonly replicas: Replica[] = [];
  readonly broken: string[] = [];
  /** Of the user and of fate: never shared with a process, so that a changed controller meets the same fate. */
  readonly random: Random;
  readonly ledger = new Ledger(this.keyspace);
  /** Deaths, lost replies and so on; off while the world is let come to rest. */
  faults = true;
  deaths = 0;
  #born = 0;
  readonly #seed: number;
  readonly #log: Log;
  readonly #bug: Bug | undefined;
  /** Highest fence of each host and controller. */
  readonly #fences = new Map<string, number>();
  readonly #changedEngines = new Set<HollowMachine>();

  constructor(seed: number, { replicas = 2, tell, bug }: WorldOptions = {}) {
    this.#seed = seed;
    this.#bug = bug;
    this.#log = tell ? telling(tell, () => this.clock.monotonic()) : silent;
    this.random = seededRandom(seed);
    const latency = seededRandom(seed + 1);
    this.etcd = createMemoryEtcd({
      clock: this.clock,
      latency: () => 1 + integer(latency, 3),
      leaseJitter: () => integer(latency, 500),
    });
    this.hollow = new Hollow({ clock: this.clock, random: seededRandom(seed + 2) });
    this.etcd.observe(({ revision, events }) => {
      for (const { type, kv } of events) {
        const { key, createRevision, modRevision } = kv;
        tell?.(`${this.clock.monotonic()} ms @${revision} ${type} ${key} ${type === 'put' ? kv.value : ''}`);
        if (type === 'put' && kv.value.includes(SECRET))
          this.#break(`guarantee 9, no secret in the open: a secret stands in ${key}`);
        this.ledger.apply({ key, createRevision, modRevision, ...(type === 'put' ? { value: kv.value } : {}) });
      }
      this.#check();
    });
    this.hollow.observe((machine) => this.#changedEngines.add(machine));
    for (let i = 0; i < replicas; i++) this.#give(i);
  }

  /** A client for the user: without faults, without a process that could die. */
  readonly user = (): ReturnType<MemoryEtcd['connect']> => this.etcd.connect();

  /** Moves time on, and checks what the engines did meanwhile. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.monotonic() + Math.ceil(ms);
    for (let next = this.clock.next(); next !== undefined && next <= end; next = this.clock.next()) {
      await this.clock.step();
      this.#look();
    }
    await this.clock.advance(Math.max(0, end - this.clock.monotonic()));
  }

  /** Moves time on until something asked of the store is done. */
  async finish(doing: Promise<unknown>): Promise<void> {
    let done = false;
    const settled = doing.finally(() => {
      done = true;
    });
    while (!done) await this.advance(1);
    await settled;
  }

  /** Moves time on until nothing is wrong any more; what still is after `ms` is broken. */
  async rest(wrong: () => string[], ms: number, when: string): Promise<void> {
    const end = this.clock.monotonic() + ms;
    while (wrong().length > 0 && this.clock.monotonic() < end && this.broken.length === 0) await this.advance(1000);
    for (const what of wrong()) this.broken.push(`${when}: ${what}`);
  }

  /** Everything fine again: machines reachable, store reachable, processes up. */
  heal(): void {
    this.faults = false;
    for (const machine of this.hollow.machines.values()) {
      machine.reachable = true;
      machine.slowMs = 0;
      machine.refusedImages.clear();
    }
    for (const replica of this.replicas) {
      replica.partitioned = false;
      replica.life.thaw();
    }
  }

  /** Looks at the engines that changed since the last look. */
  #look(): void {
    if (this.#changedEngines.size === 0) return;
    for (const machine of this.#changedEngines) {
      const gone = this.hollow.machines.get(machine.host) !== machine;
      this.ledger.engine(machine.host, gone ? undefined : [...machine.containers.values()]);
      this.#checkFences(machine);
    }
    this.#changedEngines.clear();
    this.#check();
  }

  #check(): void {
    for (const what of check(this.ledger)) this.#break(what);
  }

  #break(what: string): void {
    this.broken.push(`${this.clock.monotonic()} ms: ${what}`);
  }

  /** Guarantee 4, on hosts: no batch of a leader after one of its successor's. */
  #checkFences(machine: HollowMachine): void {
    for (const [controller, revision] of machine.fences) {
      const key = `${machine.host} ${controller}`;
      const highest = this.#fences.get(key) ?? 0;
      if (revision < highest)
        this.#break(
          `guarantee 4, nothing lands without the lead: ${machine.host} took a batch of ${controller} ${revision} after ${highest}`,
        );
      this.#fences.set(key, Math.max(highest, revision));
    }
  }

  /** Guarantee 4, in etcd: who wrote led when it landed. What is nobody's in particular (events, leads) is left out. */
  #witnessed(kv: Kv, controller: string, replica: string): Kv {
    return new Proxy(kv, {
      get: (target, name) => {
        if (name !== 'txn') return Reflect.get(target, name);
        return async (request: TxnRequest, options?: CallOptions) => {
          const response = await kv.txn(request, options);
          const written = request.then.find(
            (each) => !('get' in each) && !FREE.test('put' in each ? each.put : each.delete),
          );
          if (response.succeeded && written) this.#checkLead(response.revision, controller, replica);
          return response;
        };
      },
    });
  }

  #checkLead(revision: number, controller: string, replica: string): void {
    const prefix = `${this.keyspace.prefix}/leaders/${controller}`;
    try {
      const { kvs } = this.etcd.peek({ key: prefix, end: prefixEnd(prefix), revision: revision - 1 });
      if (kvs.some(({ value }) => value.includes(replica))) return;
    } catch {
      return; // Compacted meanwhile: nobody can tell any more.
    }
    this.#break(
      `guarantee 4, nothing lands without the lead: ${replica} wrote for ${controller} at revision ${revision} without the lead`,
    );
  }

  /** Brings replica `index` to life, under a new name. */
  #give(index: number): void {
    const name = `replica-${index}-${this.#born++}`;
    const random = seededRandom(this.#seed * 31 + this.#born);
    const life = new Life(
      () => (this.faults && this.random.next() < DEATHS ? (this.random.next() < 0.5 ? 'before' : 'after') : undefined),
      () => {
        this.deaths++;
        this.clock.after(integer(this.random, DOWN), () => this.#give(index));
      },
    );
    const clock = mortalClock(this.clock, life);
    const connect = () => mortalKv(this.etcd.connect({ fault: (call) => this.#fault(replica, call) }), life);
    const writer = this.#bug?.kv?.(connect()) ?? connect();
    const process = createProcess({
      controllers: this.#bug?.controllers?.(controllers) ?? controllers,
      kv: connect(),
      kvFor: (controller) => this.#witnessed(writer, controller, name),
      keyspace: this.keyspace,
      clock,
      random,
      log: this.#log.child({ replica: name }),
      tools: hollowTools({
        hollow: this.hollow,
        life,
        delay: () => sleep(this.clock, this.#stall(life)),
        ...(this.#bug && { bug: this.#bug }),
      }),
      identity: { replica: name, hostname: 'simulation', pid: this.#born, version: '0' },
      metrics: new Registry(),
    });
    const replica: Replica = { name, life, process, partitioned: false };
    this.replicas[index] = replica;
    process.start();
  }

  /** Milliseconds that a batch is held up on its way to a host. Half of those that are were their sender's last. */
  #stall(sender: Life): number {
    if (!this.faults || this.random.next() >= STALLS) return 0;
    if (this.random.next() < 0.5) this.clock.after(integer(this.random, 1000), () => sender.kill());
    return integer(this.random, 50_000);
  }

  #fault(replica: Replica, { method }: Call): Fault {
    if (replica.partitioned) return 'lost-request';
    if (!this.faults) return 'none';
    if (method === 'txn' && this.random.next() < LAST_WORDS) {
      this.clock.after(integer(this.random, 1000), () => replica.life.kill());
      return { delayMs: 10_000 + integer(this.random, 30_000) };
    }
    const fate = this.random.next();
    if (fate < 0.001) return 'lost-reply';
    if (fate < 0.002) return 'lost-request';
    if (fate < 0.004) return { delayMs: integer(this.random, fate < 0.003 ? 3000 : 30_000) };
    return 'none';
  }
}

/** A log that hands each line on, as text. */
function telling(tell: (what: string) => void, now: () => number, bound: object = {}): Log {
  const say = (level: string) => (fields: object, message: string) =>
    tell(`${now()} ms ${level} ${message} ${JSON.stringify({ ...bound, ...fields })}`);
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => telling(tell, now, { ...bound, ...fields }),
  };
}
