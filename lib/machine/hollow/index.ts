import type { Engine } from '../../docker/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { HostNetwork } from '../../network/index.ts';
import { type Clock, type Random, sleep } from '../../platform/index.ts';
import type { Location, Machine } from '../location.ts';
import { createHollowEngine } from './engine.ts';
import { HollowMachine } from './machine.ts';
import { createHollowNetwork } from './network.ts';

export { HollowMachine } from './machine.ts';

/** Milliseconds that a hollow machine takes to come up. */
const BOOT_MS = 50;

/**
 * The hollow location: machines that exist on paper, with engines that answer from memory, to try a placement policy
 * on thousands of hosts or to benchmark the controllers. They live as long as this object: a process that starts
 * again finds them all rebooted and empty, and its controllers fill them anew.
 */
export class Hollow implements Location {
  readonly machines = new Map<string, HollowMachine>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #observers = new Set<(machine: HollowMachine) => void>();
  #made = 0;

  constructor(tools: { clock: Clock; random: Random }) {
    this.#clock = tools.clock;
    this.#random = tools.random;
  }

  async list({ cloud, installation }: { cloud: string; installation: string }): Promise<Machine[]> {
    await sleep(this.#clock, 1);
    return [...this.machines.values()]
      .filter((machine) => machine.cloud === cloud && machine.installation === installation)
      .map(asMachine);
  }

  async create(request: Parameters<Location['create']>[0], signal: AbortSignal): Promise<Machine> {
    const { host, cloud, installation, location, spec } = request;
    if (location.driver !== 'hollow') throw new BerthError('BERTH_LOCATION', `not a hollow location: ${location.text}`);
    await sleep(this.#clock, 1, signal);
    let machine = this.machines.get(host);
    if (!machine) {
      const n = this.#made++;
      machine = new HollowMachine({
        host,
        cloud,
        installation,
        address: `100.${64 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255}`,
        spec: location,
        labels: { ...spec.machine.labels, zone: `zone-${n % location.zones}` },
        clock: this.#clock,
        random: this.#random,
      });
      this.machines.set(host, machine);
      machine.observers.add((changed) => this.#changed(changed));
    }
    await sleep(this.#clock, BOOT_MS, signal);
    return asMachine(machine);
  }

  async destroy({ host }: { host: string }): Promise<void> {
    await sleep(this.#clock, 1);
    this.lose(host);
  }

  /** The machine ends, whoever wanted it: what ran there is gone. */
  lose(host: string): void {
    const machine = this.machines.get(host);
    if (!machine) return;
    machine.reachable = false;
    machine.containers.clear();
    machine.namespaces.clear();
    this.machines.delete(host);
    this.#changed(machine);
  }

  #changed(machine: HollowMachine): void {
    for (const observer of this.#observers) observer(machine);
  }

  /** Calls `observer` whenever containers, network or fences of a machine changed, or it is gone. */
  observe(observer: (machine: HollowMachine) => void): void {
    this.#observers.add(observer);
  }

  /** The ways into a machine. @throws BERTH_ENGINE_UNREACHABLE where there is none of that name */
  connect(host: string): { engine: Engine; network: HostNetwork } {
    const machine = this.machines.get(host);
    if (!machine) throw new BerthError('BERTH_ENGINE_UNREACHABLE', `no hollow machine ${host} in this process`);
    return { engine: createHollowEngine(machine), network: createHollowNetwork(machine) };
  }
}

const asMachine = (machine: HollowMachine): Machine => ({
  host: machine.host,
  cloud: machine.cloud,
  id: machine.host,
  address: machine.address,
  state: 'running',
  labels: machine.labels,
  engine: { kind: 'hollow' },
  prepared: true,
});
