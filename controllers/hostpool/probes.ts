import { messageOf } from '../../lib/errors/index.ts';
import type { HostLink } from '../../lib/machine/index.ts';
import { afterProbe, type Health, type Outcome, unknown } from './health.ts';

/** Milliseconds between two probes of a host, while it answers and while it does not. */
const INTERVAL = { answering: 10_000, failing: 5_000 };
/** Milliseconds that one probe may take, for the engine and for SSH each. */
const PATIENCE = 5_000;

/** What probes of this replica have said of each host. Memory only: hosts/ holds transitions, no heartbeats. */
export class Probes {
  readonly #hosts = new Map<string, { health: Health; next: number; running: boolean; looked?: number }>();

  of(host: string): Health {
    return this.#hosts.get(host)?.health ?? unknown;
  }

  /** Since when the host is to be probed (monotonic milliseconds), 0 for one that never was; undefined: not now. */
  dueSince(host: string, now: number): number | undefined {
    const known = this.#hosts.get(host);
    if (!known) return 0;
    return known.running || known.next > now ? undefined : known.next;
  }

  /** Marks a host as being probed. */
  take(host: string, now: number): void {
    const known = this.#hosts.get(host);
    this.#hosts.set(host, { ...known, health: known?.health ?? unknown, next: now, running: true });
  }

  /**
   * Whether an answering host is to be looked at more closely now (monotonic milliseconds), as it is once in `interval`.
   * The first time is due with the first answer of a whole interval. Marks it as being looked at.
   */
  isDue(host: string, now: number, interval: number): boolean {
    const known = this.#hosts.get(host);
    if (known?.health.verdict !== 'answering') return false;
    const looked = known.looked ?? now;
    const due = looked + interval <= now;
    known.looked = due ? now : looked;
    return due;
  }

  /** @returns whether the verdict about the host or its engine changed */
  record(host: string, outcome: Outcome, now: number): boolean {
    const before = this.of(host);
    const health = afterProbe(before, outcome, now);
    const fine = outcome.reachable && outcome.engine;
    const next = now + INTERVAL[fine ? 'answering' : 'failing'];
    this.#hosts.set(host, { ...this.#hosts.get(host), health, next, running: false });
    return health.verdict !== before.verdict || health.engine !== before.engine;
  }

  /** Forgets all hosts but these. */
  retain(hosts: ReadonlySet<string>): void {
    for (const host of this.#hosts.keys()) if (!hosts.has(host)) this.#hosts.delete(host);
  }
}

/** Asks a host's engine, and its shell when the engine does not answer. Never throws. */
export async function probe({ engine, shell }: HostLink, signal: AbortSignal): Promise<Outcome> {
  let message: string;
  try {
    await engine.info({ timeoutMs: PATIENCE, signal });
    return { reachable: true, engine: true, message: '' };
  } catch (error) {
    message = messageOf(error);
  }
  if (!shell) return { reachable: false, engine: false, message };
  try {
    await shell.run('true', { timeoutMs: PATIENCE, signal });
    return { reachable: true, engine: false, message };
  } catch (error) {
    return { reachable: false, engine: false, message: `${message}; ${messageOf(error)}` };
  }
}
