import { SHIM_PATH } from '../../../../lib/docker/index.ts';
import { messageOf } from '../../../../lib/errors/index.ts';
import { daemonOptions } from '../daemon.ts';
import { fileStep, type Machine, readFile, run, type Step, writeFile } from '../machine.ts';
import { answers, lastWords, PID, restart } from './start.ts';

export const DAEMON = '/etc/docker/daemon.json';
/** The options that the engine answered with last. */
const PROVEN = '/etc/docker/berth/daemon.json';

/**
 * What somebody else had written there is kept beside it, and comes back when the machine is given back. What an engine of
 * ours runs with is kept, too, in case that it does not start with what comes.
 */
export const daemonJson: Step = {
  name: 'DaemonOptions',
  check: async (machine) => (await readFile(machine, DAEMON)) === text(machine),
  async apply(machine) {
    await run(machine.fenced, `${KEEP_THEIRS} && { ${KEEP_OURS}; }`, {
      signal: machine.signal,
      what: `keeping ${DAEMON}`,
    });
    await writeFile(machine, DAEMON, text(machine));
  },
};

const KEEP_THEIRS = `{ [ ! -e ${DAEMON} ] || grep -q ${SHIM_PATH} ${DAEMON} || cp -p ${DAEMON} ${DAEMON}.before-berth; }`;
/** Where no engine has answered since this is done: one that runs, and was started after its options were written. */
const KEEP_OURS = `[ -e ${PROVEN} ] || ! grep -qs ${SHIM_PATH} ${DAEMON} || ! kill -0 "$(cat ${PID})" 2>/dev/null || [ ! ${PID} -nt ${DAEMON} ] || cp ${DAEMON} ${PROVEN}`;

const text = ({ spec, registryMirrors }: Machine): string =>
  `${JSON.stringify(daemonOptions(spec, registryMirrors), null, 2)}\n`;

/** The engine has answered with these options: they come back where it does not start with the next ones. */
export const provenOptions = fileStep('ProvenOptions', (machine) => ({ path: PROVEN, text: text(machine) }));

/** The engine does not start with the options that it was given; it runs with those that it had before. */
export class OptionsRefused extends Error {
  override readonly name = 'OptionsRefused';
}

/**
 * Starts the engine, or waits until it answers; where it does not, and had other options before, these come back and it is
 * started with them. Cut off in between, it is tried from the beginning.
 *
 * @throws OptionsRefused, with what the engine said of the options, once it runs as before; otherwise what `work` threw
 */
export async function orAsBefore(machine: Machine, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    machine.signal.throwIfAborted();
    const before = await readFile(machine, PROVEN);
    if (before === undefined || before === text(machine)) throw error;
    const said = (await lastWords(machine)) || messageOf(error);
    await writeFile(machine, DAEMON, before);
    await restart(machine);
    await answers(machine);
    throw new OptionsRefused(
      `the engine does not start with the options of the record, runs with its former ones again, and other hosts keep theirs; it said: ${said}`,
      { cause: error },
    );
  }
}
