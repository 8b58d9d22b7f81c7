import { Fenced, fenceVariables, type HostFence, RAISE_FENCE, refusalIn } from '../../../lib/fence/index.ts';
import type { Fence } from '../../../lib/reconcile/index.ts';
import { quote, type RunOptions, type Shell } from '../../../lib/ssh/index.ts';

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
 *
 * Its `run` throws BERTH_NOT_LEADER, BERTH_FENCED, or BERTH_TIMEOUT where somebody else holds the host's lock.
 */
export function fencedShell(shell: Shell, { fence: lead, installation, stillLeads }: FencedOptions): Shell {
  const { controller, revision } = lead;
  const attempt = async (command: string, options: RunOptions | undefined, fence: HostFence) => {
    lead.check();
    const result = await shell.run(`${raising(fence, installation)} && { ${command}\n}`, options);
    const refusal = refusalIn(result, fence);
    if (refusal) throw refusal;
    return result;
  };
  return {
    async run(command, options) {
      try {
        return await attempt(command, options, { controller, revision });
      } catch (error) {
        if (!(error instanceof Fenced) || !(await stillLeads())) throw error;
        return attempt(command, options, { controller, revision, restoredFrom: error.stored });
      }
    },
    close: () => shell.close(),
  };
}

/** In a shell of its own: the lock is for the fence alone, and what a command starts must not inherit it. */
function raising(fence: HostFence, installation: string): string {
  const variables = Object.entries(fenceVariables(fence, installation));
  return `( ${variables.map(([name, value]) => `${name}=${quote(value)}`).join(' ')}\n${RAISE_FENCE})`;
}
