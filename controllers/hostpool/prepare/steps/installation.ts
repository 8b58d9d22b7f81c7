import { BerthError } from '../../../../lib/errors/index.ts';
import { readFile, run, type Step } from '../machine.ts';

const MARK = '/var/lib/berth/installation';

/** The machine remembers whose it is; one that remembers somebody else is refused before anything of it is changed. */
export const installation: Step = {
  name: 'Installation',
  async check(machine) {
    const mark = (await readFile(machine, MARK))?.trim();
    if (!mark) return false;
    if (mark === machine.installation) return true;
    throw new BerthError('BERTH_FOREIGN', `${machine.address} belongs to another installation of berth`, {
      found: `installation ${mark} in ${MARK}`,
      expected: machine.installation,
    });
  },
  /** `set -C` makes the redirection fail where the file exists: of two installations at once one wins. */
  async apply({ fenced, installation: ours, signal }) {
    await run(fenced, `mkdir -p /var/lib/berth && ( set -C; echo ${ours} >${MARK} )`, {
      signal,
      what: 'marking the machine as ours',
    });
  },
};
