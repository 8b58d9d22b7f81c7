import type { BerthError } from '../../lib/errors/index.ts';
import type { Clock } from '../../lib/platform/index.ts';
import { silent, systemClock } from '../../lib/platform/index.ts';
import { type Keyspace, type Kv, keyspace } from '../../lib/store/index.ts';
import { adviceOf } from '../advice.ts';
import { connectEtcd, type EtcdFlags } from '../options/etcd.ts';

/** All that a command of the client reaches the world through. */
export interface Session {
  readonly kv: Kv;
  readonly keys: Keyspace;
  readonly clock: Clock;
  /** To stdout, as it is. */
  readonly print: (text: string) => void;
  /** A line to stderr: what is no result. */
  readonly note: (line: string) => void;
}

/** What a command ends with: 0 done, 1 not. */
export type ExitCode = 0 | 1;

/**
 * Runs a command against the etcd of the options, and sets the exit code.
 *
 * @throws what the command throws, for `cli/failure.ts` to say
 */
export async function withSession(flags: EtcdFlags, run: (session: Session) => Promise<number>): Promise<void> {
  const kv = await connectEtcd(flags, { clock: systemClock, log: silent });
  // Timers of the clock and a connection that is being made again do not keep a process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    process.exitCode = await run({
      kv,
      keys: keyspace(flags.prefix),
      clock: systemClock,
      print: (text) => void process.stdout.write(text),
      note: (line) => void process.stderr.write(`${line}\n`),
    });
  } finally {
    clearInterval(alive);
    kv.close();
  }
}

/** Says what went wrong where there may be more than one thing, and goes on. */
export function complain({ note }: Pick<Session, 'note'>, errors: readonly BerthError[]): ExitCode {
  for (const error of errors) note(`error: ${error.message}`);
  for (const text of new Set(errors.flatMap((error) => adviceOf(error) ?? []))) note(text);
  return errors.length > 0 ? 1 : 0;
}
