import type { Capacity, PortBinding } from '../records/index.ts';

type Protocol = 'tcp' | 'udp';

/** What a container asks of a host. */
export interface Request {
  /** `<namespace>/<app>/<name>` */
  container: string;
  cpus: number;
  memory: number;
  /** `host: 0` asks for any free port of the host; absent: none. */
  ports: readonly { port: number; protocol: Protocol; host?: number }[];
  /** Networks that have no address left, of those it joins. */
  fullNetworks: readonly string[];
}

/**
 * A host as placement sees it, with all that has been promised to somebody. Mutable: what is decided counts at once,
 * so that the next decision of the same round sees it.
 */
export class HostModel {
  readonly name: string;
  readonly capacity: Capacity;
  readonly labels: Readonly<Record<string, string>>;
  /** false with the reason why nothing new goes there. */
  readonly open: true | string;
  containers = 0;
  cpus = 0;
  memory = 0;
  readonly #taken = new Set<string>();
  #nextPort = FIRST_DYNAMIC_PORT;

  constructor(host: {
    name: string;
    capacity: Capacity;
    labels: Readonly<Record<string, string>>;
    open: true | string;
  }) {
    this.name = host.name;
    this.capacity = host.capacity;
    this.labels = host.labels;
    this.open = host.open;
  }

  /** Takes what is promised already: an assignment's reservation. */
  reserve(reserved: { cpus: number; memory: number; ports: readonly PortBinding[] }): void {
    this.containers++;
    this.cpus += reserved.cpus;
    this.memory += reserved.memory;
    for (const { host, protocol } of reserved.ports) this.occupy(host, protocol);
  }

  /** Gives back what `reserve` took. */
  release(reserved: { cpus: number; memory: number; ports: readonly PortBinding[] }): void {
    this.containers--;
    this.cpus -= reserved.cpus;
    this.memory -= reserved.memory;
    for (const { host, protocol } of reserved.ports) this.#taken.delete(`${host}/${protocol}`);
  }

  /** A port that is not to be had: somebody else listens there, or a container that is on its way out. */
  occupy(port: number, protocol: Protocol): void {
    this.#taken.add(`${port}/${protocol}`);
  }

  free(port: number, protocol: Protocol): boolean {
    return !this.#taken.has(`${port}/${protocol}`);
  }

  /**
   * Host ports for what the request asks: the given ones, and a free one of the dynamic range for each `0`. They are
   * not taken until `reserve`.
   *
   * @returns undefined when a given one is taken or the range is used up
   */
  bind(ports: Request['ports']): PortBinding[] | undefined {
    const bound: PortBinding[] = [];
    const mine = new Set<string>();
    for (const { port, protocol, host } of ports) {
      if (host === undefined) continue;
      const chosen = host === 0 ? this.#anyPort(protocol, mine) : host;
      if (chosen === undefined || !this.free(chosen, protocol) || mine.has(`${chosen}/${protocol}`)) return undefined;
      mine.add(`${chosen}/${protocol}`);
      bound.push({ port, protocol, host: chosen });
    }
    return bound;
  }

  /** Walks on from the last one tried: a round that gives out many does not look at the same ones again. */
  #anyPort(protocol: Protocol, mine: ReadonlySet<string>): number | undefined {
    const size = LAST_DYNAMIC_PORT - FIRST_DYNAMIC_PORT + 1;
    for (let tried = 0; tried < size; tried++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_DYNAMIC_PORT ? FIRST_DYNAMIC_PORT : port + 1;
      if (this.free(port, protocol) && !mine.has(`${port}/${protocol}`)) return port;
    }
    return undefined;
  }
}

/** The dynamic range of RFC 6335 §6, less its first port, as Docker has always used it. */
export const FIRST_DYNAMIC_PORT = 49153;
export const LAST_DYNAMIC_PORT = 65535;
