import { BerthError } from '../../../lib/errors/index.ts';
import type { Fence } from '../../../lib/reconcile/index.ts';
import { quote, type RunOptions, type Shell } from '../../../lib/ssh/index.ts';

/** The same file that batches of the linux network use for their controllers: highest revision that came here. */
const stateFolder = (installation: string): string => `/var/lib/berth/${installation}`;

/** EX_TEMPFAIL of sysexits.h: a newer leader has been here. */
const FENCED = 75;

export interface FencedOptions {
  fence: Fence;
  installation: string;
  /** Asked past every cache: whether this leader's key still stands. */
  stillLeads(): Promise<boolean>;
}

/**
 * A shell whose commands run only under the lead: not without it by our own clock, and not where a newer leader of the
 * same controller has been (design §1.3). A higher fence than ours while our key still stands is of a future that was
 * lost when the store was restored, and is replaced.
 */
export function fencedShell(shell: Shell, { fence, installation, stillLeads }: FencedOptions): Shell {
  const attempt = (command: string, options: RunOptions | undefined, lost: string) => {
    fence.check();
    return shell.run(`${raise(fence, installation, lost)} && { ${command}\n}`, options);
  };
  return {
    async run(command, options) {
      const result = await attempt(command, options, '');
      const stored = storedIn(result);
      if (stored === undefined) return result;
      const again = (await stillLeads()) ? await attempt(command, options, stored) : result;
      if (storedIn(again) === undefined) return again;
      throw new BerthError('BERTH_FENCED', `the host has seen a newer leader of ${fence.controller}`, {
        found: `fence ${fence.revision}`,
        expected: `at least ${stored}`,
      });
    },
    close: () => shell.close(),
  };
}

const storedIn = ({ code, stderr }: { code: number; stderr: string }): string | undefined =>
  code === FENCED ? /^berth-fenced (\d+)$/m.exec(stderr)?.[1] : undefined;

/** The lock is for the fence alone: what a command starts must not inherit it. */
function raise({ controller, revision }: Fence, installation: string, lost: string): string {
  const folder = stateFolder(installation);
  const file = quote(`${folder}/fence-${controller.replaceAll('/', '~')}`);
  return [
    `( mkdir -p ${quote(folder)} && exec 9>>${quote(`${folder}/lock`)} && { ! command -v flock >/dev/null || flock -w 30 9; } || exit 1`,
    `stored=0; [ ! -e ${file} ] || read -r stored <${file} || exit 1`,
    `[ "$stored" -le ${revision} ] || [ "$stored" = "${lost}" ] || { echo "berth-fenced $stored" >&2; exit ${FENCED}; }`,
    `[ "$stored" = ${revision} ] || { echo ${revision} >${file}.new && mv ${file}.new ${file}; } )`,
  ].join('; ');
}
