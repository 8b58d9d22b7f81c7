import { SHIM_PATH, SHIM_RUNTIME, shimScript } from '../../../../lib/docker/index.ts';
import { fileStep, type Machine, readFile, run, type Step, writeFile } from '../machine.ts';
import { CA, CERTIFICATE } from './certificates.ts';
import { DAEMON, orAsBefore } from './options.ts';
import { answers, PID, restart } from './start.ts';

const UNIT = '/etc/systemd/system/docker.service.d/berth.conf';

export const runtimeShim = fileStep('RuntimeShim', () => ({ path: SHIM_PATH, text: shimScript, mode: '755' }));

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
    const older = files.map((file) => `{ [ ! -e ${file} ] || [ ${PID} -nt ${file} ]; }`).join(' && ');
    return (await shell.run(`kill -0 "$(cat ${PID})" && ${older}`, { signal })).code === 0;
  },
  apply: (machine) => orAsBefore(machine, () => restart(machine)),
};

/** The proof: the controllers reach it by TLS, and it knows the shim. */
export const engineAnswers: Step = {
  name: 'EngineAnswers',
  async check({ engine, signal }) {
    const info = await engine.info({ signal, timeoutMs: 5_000 }).catch(() => undefined);
    return info?.runtimes.includes(SHIM_RUNTIME) === true;
  },
  apply: (machine) => orAsBefore(machine, () => answers(machine)),
};
