import { run } from '../../ssh/index.ts';
import type { ProviderStep } from '../provider.ts';

const ruleOf = (installation: string): string =>
  `FORWARD -o cali+ -m conntrack --ctstate DNAT -m comment --comment berth-published:${installation} -j ACCEPT`;
const PATH = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin';

/**
 * What came by a published port passes: publishing it is the permission, as with the linux provider. Felix sees a packet to
 * a container and would ask the profile, which knows of no ports; so its chains come last
 * (`FELIX_CHAININSERTMODE=Append`), and this rule before them.
 */
export const publishedPorts: ProviderStep = {
  name: 'PublishedPorts',
  async check({ shell, signal, installation }) {
    const look = each(`"$tool" -w -C ${ruleOf(installation)} 2>/dev/null || exit 1`);
    return (await shell.run(`${PATH}; ${look}`, { signal })).code === 0;
  },
  async apply({ fenced, signal, installation }) {
    const rule = ruleOf(installation);
    const insert = each(`"$tool" -w -C ${rule} 2>/dev/null || "$tool" -w -I ${rule} || exit 1`);
    await run(fenced, `${PATH}; ${insert}`, { signal, what: 'letting published ports through' });
  },
};

/** Removes the rule. */
export const withoutPublishedPorts = (installation: string): string =>
  each(`"$tool" -w -D ${ruleOf(installation)} 2>/dev/null`);

function each(command: string): string {
  return `for tool in iptables ip6tables; do command -v "$tool" >/dev/null || continue; ${command}; done; :`;
}
