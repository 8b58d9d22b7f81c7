/** Starting a machine's engine, and what it says when it does not. */

import { messageOf } from '../../../../lib/errors/index.ts';
import { sleep } from '../../../../lib/platform/index.ts';
import { type Machine, readFile, run } from '../machine.ts';

export const PID = '/run/docker.pid';

/** Milliseconds that an engine may take to start. */
const START = 60_000;
/** What its pid file says, one after the other, until an engine counts as one that keeps ending. */
const STARTS = 5;

/** @throws BERTH_COMMAND */
export const restart = ({ fenced, signal }: Machine): Promise<string> =>
  run(fenced, RESTART, { signal, timeoutMs: START, what: 'starting the engine' });

/**
 * By systemd, which gives up on what failed a few times unless it is told to forget; by whatever keeps the engine running,
 * as process 1 of a sandbox machine does; or by the init script. The old engine has to be gone first: until then its pid
 * file would pass for the new one's.
 */
const RESTART = `
if [ -d /run/systemd/system ]; then systemctl reset-failed docker 2>/dev/null; systemctl restart docker
else
  old=$(cat ${PID} 2>/dev/null)
  if [ -e /run/berth/supervisor ]; then [ -z "$old" ] || kill "$old" 2>/dev/null
  else service docker stop >/dev/null 2>&1
  fi
  i=0; while [ -n "$old" ] && [ -e "/proc/$old" ] && [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done
  [ -e /run/berth/supervisor ] || service docker start >/dev/null
  i=0; until [ -e ${PID} ] && [ "$(cat ${PID})" != "$old" ]; do
    [ $i -lt 300 ] || { tail -n 3 /var/log/dockerd.log /var/log/docker.log 2>/dev/null >&2; exit 1; }
    sleep 0.1; i=$((i+1))
  done
fi`;

/** Waits for the engine. @throws what the connection said last, with the engine's last words, when it is late or keeps ending */
export async function answers(machine: Machine): Promise<void> {
  const { engine, clock, signal } = machine;
  const deadline = clock.monotonic() + START;
  const starts = new Set<string>();
  for (;;) {
    try {
      await engine.info({ signal, timeoutMs: 5_000 });
      return;
    } catch (error) {
      starts.add((await readFile(machine, PID)) ?? '');
      if (starts.size >= STARTS || clock.monotonic() >= deadline) throw await explained(error, machine);
      await sleep(clock, 300, signal);
    }
  }
}

/** The engine's own last words tell more than that it does not answer. */
async function explained(error: unknown, machine: Machine): Promise<unknown> {
  const words = await lastWords(machine);
  return words === '' ? error : new Error(`${messageOf(error)}; its log ends with: ${words}`, { cause: error });
}

const LOG =
  'journalctl -u docker -n 20 -o cat --no-pager 2>/dev/null || tail -q -n 20 /var/log/dockerd.log /var/log/docker.log 2>/dev/null';

/** The last line of the engine's log that says what went wrong, or else its last line; empty where there is none. */
export async function lastWords({ shell, signal }: Pick<Machine, 'shell' | 'signal'>): Promise<string> {
  const { stdout } = await shell.run(LOG, { signal }).catch(() => ({ stdout: '' }));
  const lines = stdout.split('\n').map((line) => line.trim());
  const telling = lines.findLast((line) => /^failed to|unable to|level=(fatal|error)/.test(line));
  return (telling ?? lines.findLast((line) => line !== '') ?? '').slice(-400);
}
