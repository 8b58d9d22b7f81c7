import type { PrefixHealth } from '../../lib/store/index.ts';

export interface Readiness {
  ready: boolean;
  why: string;
}

/** Milliseconds without a word from etcd until what is held counts as old. A watch that lives is heard every 15 s. */
const SILENCE = 30_000;

/** Whether a process does its work: it runs, has read all records, and still hears of changes to each of them. */
export function readiness(process: Readiness, health: readonly PrefixHealth[]): Readiness {
  if (!process.ready) return process;
  const [oldest] = health.filter(({ ageMs }) => ageMs >= SILENCE).sort((a, b) => b.ageMs - a.ageMs);
  if (!oldest) return process;
  const { prefix, ageMs, lastFailure } = oldest;
  const cause = lastFailure === undefined ? '' : `: ${lastFailure}`;
  return { ready: false, why: `nothing heard from etcd about ${prefix} for ${Math.floor(ageMs / 1000)} s${cause}` };
}
