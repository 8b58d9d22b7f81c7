/** What the last probes of a host say, and what follows for a whole cloud. Pure. */

/** One probe: whether anything of the host answered, and whether its engine did. */
export interface Outcome {
  reachable: boolean;
  engine: boolean;
  /** What the engine or SSH said, where something failed. */
  message: string;
}

export interface Health {
  /** With hysteresis: three failures in a row to be failing, two successes to be answering again. */
  verdict: 'unknown' | 'answering' | 'failing';
  /** Monotonic milliseconds of the first failure of the streak that goes on; absent while it answers. */
  failingSince?: number;
  /** The same for the engine alone: a host may answer while its engine does not. */
  engine: 'unknown' | 'answering' | 'failing';
  message: string;
  /** Outcomes alike in a row. */
  streak: { reachable: number; engine: number };
}

export const unknown: Health = {
  verdict: 'unknown',
  engine: 'unknown',
  message: '',
  streak: { reachable: 0, engine: 0 },
};

const FAILURES = 3;
const SUCCESSES = 2;

/** The health after one more probe, that ended at `now` (monotonic milliseconds). Streaks of failures count below zero. */
export function afterProbe(before: Health, outcome: Outcome, now: number): Health {
  const streak = {
    reachable: count(before.streak.reachable, outcome.reachable),
    engine: count(before.streak.engine, outcome.engine),
  };
  const failingSince = outcome.reachable ? undefined : (before.failingSince ?? now);
  const verdict = judge(before.verdict, streak.reachable);
  return {
    verdict,
    ...(failingSince !== undefined && { failingSince }),
    engine: judge(before.engine, streak.engine),
    message: outcome.message,
    streak,
  };
}

const count = (streak: number, good: boolean): number => (good ? Math.max(streak, 0) + 1 : Math.min(streak, 0) - 1);

function judge(before: Health['verdict'], streak: number): Health['verdict'] {
  if (streak <= -FAILURES) return 'failing';
  // A host that was never seen to fail need not prove itself.
  if (streak >= (before === 'failing' ? SUCCESSES : 1)) return 'answering';
  return before;
}

export interface LossRules {
  /** Milliseconds without an answer until a host is declared lost. */
  lostAfter: number;
  /** The brake (design §6, guarantee 8): nobody is declared lost while more than `hosts` and more than `share` fail at once. */
  brake: { hosts: number; share: number };
}

export const lossRules: LossRules = { lostAfter: 60_000, brake: { hosts: 2, share: 0.4 } };

/** A host whose machine is there as far as its location knows. */
export interface Probed {
  name: string;
  lost: boolean;
  health: Health;
}

/**
 * Which hosts of a cloud are to be declared lost now.
 *
 * @param hosts  every host of the cloud that was ready once and whose machine is not known to be gone
 * @param now    monotonic milliseconds
 * @returns `braked` when so many fail at once that it is rather our own network that broke; `next`: milliseconds until
 *   the next host may be lost
 */
export function losses(
  hosts: readonly Probed[],
  now: number,
  { lostAfter, brake }: LossRules,
): { lose: string[]; braked: boolean; failing: number; next?: number } {
  const failing = hosts.filter(({ lost, health }) => lost || health.verdict === 'failing');
  const braked = failing.length > brake.hosts && failing.length > brake.share * hosts.length;
  const waiting = failing
    .filter(({ lost, health }) => !lost && health.failingSince !== undefined)
    .map(({ name, health }) => ({ name, left: health.failingSince! + lostAfter - now }));
  const lose = braked ? [] : waiting.filter(({ left }) => left <= 0).map(({ name }) => name);
  const next = Math.min(...waiting.filter(({ left }) => left > 0).map(({ left }) => left));
  return { lose, braked, failing: failing.length, ...(Number.isFinite(next) && { next }) };
}
