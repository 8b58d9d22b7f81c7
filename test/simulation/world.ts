import { controllers } from '../../controllers/index.ts';
import { createProcess, type Process } from '../../controllers/process.ts';
import { Hollow, type HollowMachine } from '../../lib/machine/index.ts';
import { Registry } from '../../lib/metrics/index.ts';
import { integer, type Log, type Random, seededRandom, silent } from '../../lib/platform/index.ts';
import { VirtualClock } from '../../lib/simulation/index.ts';
import { keyspace } from '../../lib/store/index.ts';
import { createMemoryEtcd, type Fault, type MemoryEtcd } from '../../lib/store/memory/index.ts';
import { check, Ledger } from '../invariants/index.ts';
import { Life, mortalClock, mortalKv } from './life.ts';
import { hollowTools, SECRET } from './tools.ts';

/** Share of calls at which a process dies, while faults are on: about one death per process and virtual minute. */
const DEATHS = 1 / 4000;
/** Milliseconds that a process stays down, at most. */
const DOWN = 8000;

export interface WorldOptions {
  replicas?: number;
  /** Is told every change of the store and everything the controllers log, with the virtual time. */
  tell?: (what: string) => void;
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
  readonly #changedEngines = new Set<HollowMachine>();

  constructor(seed: number, { replicas = 2, tell }: WorldOptions = {}) {
    this.#seed = seed;
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
        tell?.(
          `${Math.round(this.clock.monotonic())} ms @${revision} ${type} ${key} ${type === 'put' ? kv.value : ''}`,
        );
        if (type === 'put' && kv.value.includes(SECRET)) this.broken.push(`guarantee 9: a secret stands in ${key}`);
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
    const end = this.clock.monotonic() + ms;
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
    }
    this.#changedEngines.clear();
    this.#check();
  }

  #check(): void {
    for (const what of check(this.ledger)) this.broken.push(`${this.clock.monotonic()} ms: ${what}`);
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
    const connect = () => mortalKv(this.etcd.connect({ fault: () => this.#fault(replica) }), life);
    const writer = connect();
    const process = createProcess({
      controllers,
      kv: connect(),
      kvFor: () => writer,
      keyspace: this.keyspace,
      clock,
      random,
      log: this.#log.child({ replica: name }),
      tools: hollowTools({ hollow: this.hollow, life }),
      identity: { replica: name, hostname: 'simulation', pid: this.#born, version: '0' },
      metrics: new Registry(),
    });
    const replica: Replica = { name, life, process, partitioned: false };
    this.replicas[index] = replica;
    process.start();
  }

  #fault(replica: Replica): Fault {
    if (replica.partitioned) return 'lost-request';
    if (!this.faults) return 'none';
    const fate = this.random.next();
    if (fate < 0.001) return 'lost-reply';
    if (fate < 0.002) return 'lost-request';
    if (fate < 0.003) return { delayMs: integer(this.random, 3000) };
    return 'none';
  }
}

/** A log that hands each line on, as text. */
function telling(tell: (what: string) => void, now: () => number, bound: object = {}): Log {
  const say = (level: string) => (fields: object, message: string) =>
    tell(`${Math.round(now())} ms ${level} ${message} ${JSON.stringify({ ...bound, ...fields })}`);
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => telling(tell, now, { ...bound, ...fields }),
  };
}
