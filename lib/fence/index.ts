/**
 * The fence that a host keeps for each controller: the highest revision of a leader that has been there (design §1.3).
 * Whatever a leader changes on a host begins by raising it, under the host's lock; a leader that was followed by another
 * is refused before it has touched anything. See docs/decisions/0008-fences-on-hosts.md.
 */

import { BerthError } from '../errors/index.ts';

/** What a host compares leaders by. */
export interface HostFence {
  /** As in the key map; all leads of one controller on one host share a fence. */
  controller: string;
  /** create_revision of the leader's key: grows with every new leader of the same store. */
  revision: number;
  /**
   * A fence that the host holds and that is known to stem from a lost future: the caller read its own leader's key after
   * the host had refused, and was the leader still; no later leader of the same store can have been there before.
   */
  restoredFrom?: number;
}

/**
 * A host refused: it has seen a higher fence. `stored` lets the caller find out whether that one is of a newer leader or
 * of a store that has since been restored: see `HostFence.restoredFrom`.
 */
export class Fenced extends BerthError {
  readonly stored: number;
  constructor({ controller, revision }: HostFence, stored: number) {
    super('BERTH_FENCED', `the host has seen a newer leader of ${controller}`, {
      found: `fence ${revision}`,
      expected: `at least ${stored}`,
    });
    this.stored = stored;
  }
}

/** What outlives a reboot of a host: fences, and the lock. */
export const STATE_DIRECTORY = '/var/lib/berth';
export const stateDirectory = (installation: string): string => `${STATE_DIRECTORY}/${installation}`;

/** Variables that `RAISE_FENCE` goes by. Their values are to be quoted. */
export const fenceVariables = (
  { controller, revision, restoredFrom }: HostFence,
  installation: string,
): Record<string, string> => ({
  state: stateDirectory(installation),
  controller: controller.replaceAll('/', '~'),
  revision: whole(revision),
  restored: restoredFrom === undefined ? '' : whole(restoredFrom),
});

function whole(number: number): string {
  if (Number.isSafeInteger(number)) return String(number);
  throw new BerthError('BERTH_INTERNAL', 'not a whole number', { found: String(number) });
}

/** Exit codes: EX_TEMPFAIL of sysexits.h, and the next. Another command may end with them, too: the marker decides. */
const FENCED = 75;
const BUSY = 76;

/**
 * POSIX shell that takes the host's lock, for as long as the shell that it runs in lives, and raises the fence. Exits
 * where a newer leader has been, where the lock is held for too long, or where the fence cannot be read or kept.
 */
export const RAISE_FENCE = `
unfit() { echo "$*" >&2; exit 1; }
mkdir -p "$state" || unfit "cannot make $state"
exec 9>>"$state/lock" || unfit 'cannot open the lock'
# A machine that is being prepared need not have flock yet.
if command -v flock >/dev/null; then flock -w 30 9 || { echo berth-busy >&2; exit ${BUSY}; }; fi
fence=$state/fence-$controller
stored=0
if [ -e "$fence" ]; then read -r stored <"$fence" || unfit "cannot read $fence"; fi
case $stored in '' | *[!0-9]*) unfit "no revision in $fence" ;; esac
if [ "$stored" -gt "$revision" ] && [ "$stored" != "$restored" ]; then
  echo "berth-fenced $stored" >&2
  exit ${FENCED}
fi
# Renamed into place, so that it is never torn.
if [ "$stored" != "$revision" ]; then
  { echo "$revision" >"$fence.new" && sync "$fence.new" && mv "$fence.new" "$fence"; } || unfit 'cannot keep the fence'
fi
`;

/** @returns why a host did not run what began with `RAISE_FENCE`; undefined where it did, or failed otherwise */
export function refusalIn(
  { code, stderr }: { code: number; stderr: string },
  fence: HostFence,
): BerthError | undefined {
  const stored = code === FENCED && /^berth-fenced (\d+)$/m.exec(stderr)?.[1];
  if (stored) return new Fenced(fence, Number(stored));
  if (code === BUSY && /^berth-busy$/m.test(stderr))
    return new BerthError('BERTH_TIMEOUT', 'another batch holds the host’s lock');
  return undefined;
}
