import { SHIM_PATH, SHIM_RUNTIME, shimScript } from '../../../../lib/docker/index.ts';
import { messageOf } from '../../../../lib/errors/index.ts';
import { sleep } from '../../../../lib/platform/index.ts';
import { daemonOptions } from '../daemon.ts';
import { fileStep, type Machine, readFile, run, type Step, writeFile } from '../machine.ts';
import { CA, CERTIFICATE } from './certificates.ts';

const DAEMON = '/etc/docker/daemon.json';
const UNIT = '/etc/systemd/system/docker.service.d/berth.conf';
/** Milliseconds that an engine may take to start. */
const START = 60_000;

export const runtimeShim = fileStep('RuntimeShim', () => ({ path: SHIM_PATH, text: shimScript, mode: '755' }));

/** What somebody else had written there is kept beside it, and comes back when the machine is given back. */
export const daemonJson: Step = {
  name: 'DaemonOptions',
  check: async (machine) => (await readFile(machine, DAEMON)) === text(machine),
  async apply(machine) {
    const keep = `[ ! -e ${DAEMON} ] || grep -q ${SHIM_PATH} ${DAEMON} || cp -p ${DAEMON} ${DAEMON}.before-berth`;
    await run(machine.fenced, keep, { signal: machine.signal, what: `keeping ${DAEMON}` });
    await writeFile(machine, DAEMON, text(machine));
  },
};

const text = ({ spec, registryMirrors }: Machine): string =>
  `${JSON.stringify(daemonOptions(spec, registryMirrors), null, 2)}\n`;

/**
 * Debian's and Docker's units pass `-H fd://`, which does not go together with `hosts` in daemon.json. Only where
 * systemd runs.
 */
export const systemdUnit: Step = {
  name: 'SystemdUnit',
  async check(machine) {
    const { code } = await machine.shell.run('[ -d /run/systemd/system ]', { signal: machine.signal });
    return code !== 0 || (await readFile(machine, UNIT)) === (await unit(machine));
  },
  async apply(machine) {
    await writeFile(machine, UNIT, await unit(machine));
    await run(machine.fenced, 'systemctl daemon-reload', { signal: machine.signal, what: 'systemctl daemon-reload' });
  },
};

async function unit({ shell, signal }: Machine): Promise<string> {
  const path = await run(shell, 'PATH=$PATH:/usr/sbin:/sbin command -v dockerd', {
    signal,
    what: 'looking for dockerd',
  });
  return `# Written by berth: daemon.json says where the engine listens.\n[Service]\nExecStart=\nExecStart=${path.trim()}\n`;
}

/** The engine runs, and was started after the last change of anything that it reads only then. */
export const engineRunning: Step = {
  name: 'EngineRunning',
  async check({ shell, signal }) {
    const files = [DAEMON, CA, CERTIFICATE, UNIT];
    const older = files.map((file) => `{ [ ! -e ${file} ] || [ /run/docker.pid -nt ${file} ]; }`).join(' && ');
    return (await shell.run(`kill -0 "$(cat /run/docker.pid)" && ${older}`, { signal })).code === 0;
  },
  async apply({ fenced, signal }) {
    await run(fenced, RESTART, { signal, timeoutMs: START, what: 'starting the engine' });
  },
};

/**
 * By systemd; by whatever keeps the engine running, as process 1 of a sandbox machine does; or by the init script. The
 * old engine has to be gone first: until then its pid file would pass for the new one's.
 */
const RESTART = `
if [ -d /run/systemd/system ]; then systemctl restart docker
else
  old=$(cat /run/docker.pid 2>/dev/null)
  if [ -e /run/berth/supervisor ]; then [ -z "$old" ] || kill "$old" 2>/dev/null
  else service docker stop >/dev/null 2>&1
  fi
  i=0; while [ -n "$old" ] && [ -e "/proc/$old" ] && [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done
  [ -e /run/berth/supervisor ] || service docker start >/dev/null
  i=0; until [ -e /run/docker.pid ] && [ "$(cat /run/docker.pid)" != "$old" ]; do
    [ $i -lt 300 ] || { tail -n 3 /var/log/dockerd.log /var/log/docker.log 2>/dev/null >&2; exit 1; }
    sleep 0.1; i=$((i+1))
  done
fi`;

/** The proof: the controllers reach it by TLS, and it knows the shim. */
export const engineAnswers: Step = {
  name: 'EngineAnswers',
  async check({ engine, signal }) {
    const info = await engine.info({ signal, timeoutMs: 5_000 }).catch(() => undefined);
    return info?.runtimes.includes(SHIM_RUNTIME) === true;
  },
  async apply({ engine, clock, signal, shell }) {
    const deadline = clock.monotonic() + START;
    for (;;) {
      try {
        await engine.info({ signal, timeoutMs: 5_000 });
        return;
      } catch (error) {
        if (clock.monotonic() < deadline) await sleep(clock, 300, signal);
        else throw await explained(error, shell, signal);
      }
    }
  },
};

/** The engine's own last words tell more than that it does not answer. */
async function explained(error: unknown, shell: Machine['shell'], signal: AbortSignal): Promise<unknown> {
  const log =
    'journalctl -u docker -n 3 --no-pager 2>/dev/null || tail -n 3 /var/log/dockerd.log /var/log/docker.log 2>/dev/null';
  const { stdout } = await shell.run(log, { signal }).catch(() => ({ stdout: '' }));
  if (stdout.trim() === '') return error;
  return new Error(`${messageOf(error)}; its log ends with: ${stdout.trim().slice(-400)}`, { cause: error });
}
