import { controllers } from '../../controllers/index.ts';
import { createProcess, type Process } from '../../controllers/process.ts';
import { Hollow, type HollowMachine } from '../../lib/machine/index.ts';
import { Registry } from '../../lib/metrics/index.ts';
import { integer, type Log, type Random, seededRandom, silent, sleep } from '../../lib/platform/index.ts';
import { VirtualClock } from '../../lib/simulation/index.ts';
import { type Kv, keyspace } from '../../lib/store/index.ts';
import { createMemoryEtcd, type MemoryEtcd } from '../../lib/store/memory/index.ts';
import { check, Ledger } from '../invariants/index.ts';
import type { Bug } from './bugs.ts';
import { ForeignCalico } from './foreign.ts';
import { Life, mortalClock, mortalKv } from './life.ts';
import { SimulatedNames } from './names.ts';
import { Outages } from './outages.ts';
import { telling, watched } from './telling.ts';
import { hollowTools, SECRET } from './tools.ts';
import { Unrest } from './unrest.ts';
import { type Sender, Wire } from './wire.ts';

/** Milliseconds that a process stays down, at most. */
const DOWN = 4000;

export interface WorldOptions {
  replicas?: number;
  /** Is told every change of the store and everything the controllers log, with the virtual time. */
  tell?: (what: string) => void;
  /** A deliberate defect in every process. */
  bug?: Bug;
}

/** One process of controllers in the simulation. */
export interface Replica extends Sender {
  process: Process;
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
  readonly names: SimulatedNames;
  /** Somebody else who writes to the same Calico. */
  readonly foreign: ForeignCalico;
  readonly replicas: Replica[] = [];
  readonly broken: string[] = [];
  /** Of the user and of fate: never shared with a process, so that a changed controller meets the same fate. */
  readonly random: Random;
  readonly ledger = new Ledger(
    this.keyspace,
    () => this.clock.monotonic(),
    () => this.clock.now(),
  );
  readonly outages = new Outages(this.clock, this.ledger);
  readonly unrest: Unrest;
  /** A deed that is done more often than otherwise. */
  readonly often: string | undefined;
  deaths = 0;
  #born = 0;
  readonly #seed: number;
  readonly #log: Log;
  readonly #bug: Bug | undefined;
  /** Highest fence of each host and controller. */
  readonly #fences = new Map<string, number>();
  readonly #changedEngines = new Set<HollowMachine>();
  readonly #wire: Wire;

  constructor(seed: number, { replicas = 2, tell, bug }: WorldOptions = {}) {
    this.#seed = seed;
    this.#bug = bug;
    this.often = bug?.often;
    this.#log = watched(tell ? telling(tell, () => this.clock.monotonic()) : silent, (what) => this.#break(what));
    this.random = seededRandom(seed);
    this.unrest = new Unrest(this.clock, this.random, bug?.processes);
    const latency = seededRandom(seed + 1);
    this.etcd = createMemoryEtcd({
      clock: this.clock,
      latency: () => 1 + integer(latency, 3),
      leaseJitter: () => integer(latency, 500),
    });
    this.hollow = new Hollow({ clock: this.clock, random: seededRandom(seed + 2) });
    const random = seededRandom(seed + 3);
    this.names = new SimulatedNames({ clock: this.clock, random, faults: () => this.unrest.on });
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
    this.foreign = new ForeignCalico({ etcd: this.etcd, ledger: this.ledger, now: () => this.clock.now() });
    this.#wire = new Wire({
      etcd: this.etcd,
      ledger: this.ledger,
      clock: this.clock,
      random: this.random,
      unrest: this.unrest,
      broken: (what) => this.#break(what),
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
    this.unrest.on = false;
    for (const machine of this.hollow.machines.values()) {
      this.outages.end(machine);
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
      if (gone) this.ledger.hears(machine.host, 'answers');
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

  /** Brings replica `index` to life, under a new name. */
  #give(index: number): void {
    const name = `replica-${index}-${this.#born++}`;
    const random = seededRandom(this.#seed * 31 + this.#born);
    const life = new Life(
      () => this.unrest.death(),
      () => {
        this.deaths++;
        this.clock.after(integer(this.random, DOWN), () => this.#give(index));
      },
    );
    const clock = mortalClock(this.clock, life);
    const sender: Sender = { name, life, partitioned: false };
    const connection = { fault: () => this.unrest.fault(sender) };
    const process = createProcess({
      controllers: this.#bug?.controllers?.(controllers) ?? controllers,
      kv: mortalKv(this.etcd.connect(connection), life),
      kvFor: (controller) => this.#wire.client(controller, sender, connection, this.#bug?.kv ?? sound),
      keyspace: this.keyspace,
      clock,
      random,
      log: this.#log.child({ replica: name }),
      tools: hollowTools({
        dns: this.names.dns,
        hollow: this.hollow,
        life,
        delay: () => sleep(this.clock, this.unrest.stall(life)),
        ...(this.#bug && { bug: this.#bug }),
      }),
      identity: { replica: name, hostname: 'simulation', pid: this.#born, version: '0' },
      metrics: new Registry(),
    });
    this.replicas[index] = Object.assign(sender, { process });
    process.start();
  }
}

const sound = (kv: Kv): Kv => kv;
