import { run } from '../../ssh/index.ts';
import type { ProviderStep } from '../provider.ts';

const RULE = 'FORWARD -o cali+ -m conntrack --ctstate DNAT -m comment --comment berth-published -j ACCEPT';
const PATH = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin';

/**
 * What came by a published port passes: publishing it is the permission, as with the linux provider. Felix sees a packet to
 * a container and would ask the profile, which knows of no ports; so its chains come last
 * (`FELIX_CHAININSERTMODE=Append`), and this rule before them.
 */
export const publishedPorts: ProviderStep = {
  name: 'PublishedPorts',
  check: async ({ shell, signal }) =>
    (await shell.run(`${PATH}; ${each(`"$tool" -w -C ${RULE} 2>/dev/null || exit 1`)}`, { signal })).code === 0,
  async apply({ fenced, signal }) {
    const insert = each(`"$tool" -w -C ${RULE} 2>/dev/null || "$tool" -w -I ${RULE} || exit 1`);
    await run(fenced, `${PATH}; ${insert}`, { signal, what: 'letting published ports through' });
  },
};

/** Removes the rule. */
export const REMOVE = each(`"$tool" -w -D ${RULE} 2>/dev/null`);

function each(command: string): string {
  return `for tool in iptables ip6tables; do command -v "$tool" >/dev/null || continue; ${command}; done; :`;
}
