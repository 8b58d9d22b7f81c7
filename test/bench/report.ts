import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { Table } from '../../cli/output/table.ts';
import { type Figure, type Goal, isMet, ratioOf, spread } from './harness.ts';

const HEADER = ['BENCH', 'MEASURED', 'MEDIAN', 'MIN–MAX', 'RUNS', 'COMPARED WITH', 'MEDIAN', 'RATIO', 'GOAL', 'MET'];

/** All figures, for people. */
export const table = (measured: readonly Measured[]): string =>
  new Table(HEADER).render(measured.flatMap(({ bench, figures }) => figures.map((figure) => row(bench, figure))));

function row(bench: string, figure: Figure): string[] {
  const { name, unit, values, against, goal } = figure;
  const { min, median, max, runs } = spread(values);
  const ratio = ratioOf(figure);
  const met = isMet(figure);
  return [
    bench,
    name,
    `${digits(median)} ${unit}`,
    `${digits(min)}–${digits(max)}`,
    String(runs),
    against?.name ?? '–',
    against ? `${digits(spread(against.values).median)} ${unit}` : '–',
    ratio === undefined ? '–' : ratio.toFixed(2),
    goal ? goalText(goal, unit) : '–',
    met === undefined ? '–' : met ? 'yes' : 'NO',
  ];
}

function goalText(goal: Goal, unit: string): string {
  const sign = 'atMost' in goal ? '≤' : '≥';
  const limit = 'atMost' in goal ? goal.atMost : goal.atLeast;
  return goal.of === 'ratio' ? `${sign} ${limit}×` : `${sign} ${limit} ${unit}`;
}

/** Three digits that count, whole numbers from 100 up. */
function digits(value: number): string {
  if (value === 0) return '0';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(decimals, 3) });
}

export interface Measured {
  bench: string;
  about: string;
  figures: readonly Figure[];
  /** Why there are none. */
  failure?: string;
}

/** What `bench-results.json` holds: every single value, where it was measured, and what that comes to. */
export function asJson(at: Date, measured: readonly Measured[]): string {
  const benches = measured.map(({ figures, ...rest }) => ({ ...rest, figures: figures.map(summary) }));
  return `${JSON.stringify({ at: at.toISOString(), machine: machine(), benches }, undefined, 2)}\n`;
}

const summary = (figure: Figure) => ({
  ...figure,
  ...spread(figure.values),
  ...(figure.against && { against: { ...figure.against, ...spread(figure.against.values) }, ratio: ratioOf(figure) }),
  ...(figure.goal && { met: isMet(figure) }),
});

export const machine = () => ({
  cpus: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryBytes: totalmem(),
  kernel: release(),
  node: process.version,
  etcd: version('etcd', ['--version'], /etcd Version: (\S+)/),
  docker: version('docker', ['version', '--format', '{{.Server.Version}}'], /(\S+)/),
  /** Of the last minute, when the report was made: what else was going on. */
  load: loadavg()[0],
});

function version(program: string, args: string[], pattern: RegExp): string {
  try {
    return pattern.exec(execFileSync(program, args, { stdio: 'pipe' }).toString())?.[1] ?? 'unknown';
  } catch {
    return 'none';
  }
}
