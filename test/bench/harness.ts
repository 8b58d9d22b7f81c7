import { sleep, systemClock } from '../../lib/platform/index.ts';

/** What a figure has to reach. `ratio`: its median over the median of what it is compared with. */
export type Goal = { of: 'ratio' | 'median' } & ({ atMost: number } | { atLeast: number });

/** One thing measured, some times over. */
export interface Figure {
  name: string;
  unit: string;
  /** One value a run. */
  values: readonly number[];
  /** The same without us, measured in the same run of the program, turn by turn. */
  against?: { name: string; values: readonly number[] };
  goal?: Goal;
}

export interface Bench {
  /** As `--only` has it. */
  name: string;
  /** What is measured, from where to where. */
  about: string;
  /** @param say  tells a person who waits how far it is */
  run(say: (progress: string) => void): Promise<Figure[]>;
}

export interface Spread {
  min: number;
  median: number;
  max: number;
  runs: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0]!, median: quantile(sorted, 0.5), max: sorted.at(-1)!, runs: sorted.length };
}

/**
 * The value that a share of all lies at or below, between neighbours in proportion (R's type 7).
 *
 * @param sorted ascending, not empty
 */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

/** How a figure stands to what it is compared with; undefined where that is nothing. */
export const ratioOf = ({ values, against }: Figure): number | undefined =>
  against && spread(values).median / spread(against.values).median;

/** Whether the goal is reached; undefined where there is none. */
export function isMet(figure: Figure): boolean | undefined {
  const { goal, values } = figure;
  if (!goal) return undefined;
  const reached = goal.of === 'ratio' ? ratioOf(figure) : spread(values).median;
  if (reached === undefined) throw new Error(`${figure.name} has a goal for a ratio and nothing to compare with`);
  return 'atMost' in goal ? reached <= goal.atMost : reached >= goal.atLeast;
}

/** Milliseconds, monotonic. */
export const now = (): number => systemClock.monotonic();

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = now();
  await work();
  return now() - start;
}

/** Looks every few milliseconds until something is so. @throws after `ms`, with what was waited for */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 120_000): Promise<void> {
  const deadline = now() + ms;
  while (!(await condition())) {
    if (now() > deadline) throw new Error(`waited ${ms / 1000} s in vain for ${what}`);
    await sleep(systemClock, 5);
  }
}

/** Lets an engine end what goes on behind its answers: the turn before must not burden the next one. */
export const settle = (): Promise<void> => sleep(systemClock, 1500);

/** Aborts when somebody wants us to end: what was made is then given back first. A second signal ends us at once. */
export const interrupted = (): AbortSignal => {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
  return controller.signal;
};
