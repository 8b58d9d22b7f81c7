import type { Random } from '../platform/index.ts';
import type { PortBinding } from '../records/index.ts';
import { explain } from './explain.ts';
import { always, type Filter } from './filters.ts';
import type { HostModel, Request } from './model.ts';
import type { Pipeline } from './strategies.ts';

export type Placement =
  | { fits: true; host: HostModel; ports: PortBinding[]; by: string; rejected: Record<string, number> }
  | { fits: false; message: string; rejected: Record<string, number> };

/** Where the next containers of a cloud go. Holds what was decided so far; one per round. */
export class Planner {
  readonly #hosts: readonly HostModel[];
  readonly #random: Random;
  #last: string | undefined;

  /** @param last the host that was given the newest container before this round */
  constructor(hosts: readonly HostModel[], random: Random, last: string | undefined) {
    this.#hosts = hosts;
    this.#random = random;
    this.#last = last;
  }

  /**
   * Filters, orders, picks the first and reserves there at once.
   *
   * @param extra filters of this one decision: another host than before, …
   */
  place(request: Request, { filters, orders }: Pipeline, extra: readonly Filter[] = []): Placement {
    const reasons = new Map<string, Map<string, number>>();
    const fit = this.#hosts.filter((host) => accepts(request, host, [...always, ...extra, ...filters], reasons));
    const rejected = Object.fromEntries([...reasons].map(([name, counts]) => [name, sum(counts)]));
    const context = { random: this.#random, last: this.#last };
    const preferred = orders.reduce<readonly HostModel[]>((hosts, { order }) => order(hosts, context), fit);
    for (const host of preferred) {
      const ports = host.bind(request.ports);
      if (!ports) continue;
      host.reserve({ cpus: request.cpus, memory: request.memory, ports });
      this.#last = host.name;
      return { fits: true, host, ports, by: orders.at(-1)!.name, rejected };
    }
    return { fits: false, message: explain(this.#hosts.length, reasons), rejected };
  }
}

function accepts(
  request: Request,
  host: HostModel,
  filters: readonly Filter[],
  reasons: Map<string, Map<string, number>>,
): boolean {
  for (const { name, reject } of filters) {
    const reason = reject(request, host);
    if (reason === undefined) continue;
    const counts = reasons.get(name) ?? new Map<string, number>();
    reasons.set(name, counts.set(reason, (counts.get(reason) ?? 0) + 1));
    return false;
  }
  return true;
}

const sum = (counts: Map<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
