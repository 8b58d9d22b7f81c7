import { BerthError } from '../../errors/index.ts';
import { quote, run } from '../../ssh/index.ts';
import type { ProviderHost, ProviderStep } from '../provider.ts';

const PACKAGE = 'containernetworking-plugins';
/** What Debian's package has, in /usr/lib/cni. */
const PACKAGED = new Set([
  ...['bandwidth', 'bridge', 'dhcp', 'firewall', 'host-device', 'host-local', 'ipvlan', 'loopback', 'macvlan'],
  ...['portmap', 'ptp', 'sbr', 'static', 'tuning', 'vlan', 'vrf'],
]);

/** The programs of the list are on the host; those of Debian's package are installed where they are missing. */
export const plugins: ProviderStep = {
  name: 'CniPlugins',
  check: async (host) => (await missing(host)).length === 0,
  async apply(host) {
    const { fenced, signal, address } = host;
    const absent = await missing(host);
    const foreign = absent.filter((type) => !PACKAGED.has(type));
    if (foreign.length === 0) {
      const install = `apt-get install -y --no-install-recommends ${PACKAGE}`;
      const command = `export DEBIAN_FRONTEND=noninteractive; ${install} || { apt-get update && ${install}; }`;
      await run(fenced, command, { signal, timeoutMs: 600_000, what: `installing ${PACKAGE}` });
    }
    const left = await missing(host);
    if (left.length === 0) return;
    throw new BerthError('BERTH_COMMAND', `the machine ${address} lacks plugins of spec.network.cni.plugins`, {
      found: `no ${left.join(', ')}`,
      expected: `programs in ${host.spec.network.cni?.binDir}`,
    });
  },
};

async function missing({ spec, shell, signal }: ProviderHost): Promise<string[]> {
  const settings = spec.network.cni;
  if (!settings) return [];
  const folders = settings.binDir.split(':').map(quote).join(' ');
  const look = `for p in ${programsOf(settings.plugins).map(quote).join(' ')}; do found=; for d in ${folders}; do [ ! -x "$d/$p" ] || found=1; done; [ -n "$found" ] || echo "$p"; done`;
  const said = await run(shell, look, { signal, what: 'looking for plugins' });
  return said.split('\n').filter((program) => program !== '');
}

/** The plugins of a list, and those that they hand addresses over to. */
export function programsOf(list: readonly Record<string, unknown>[]): string[] {
  const types = list.flatMap(({ type, ipam }) => [
    type,
    typeof ipam === 'object' && ipam !== null && 'type' in ipam ? ipam.type : '',
  ]);
  return [...new Set(types.filter((type): type is string => typeof type === 'string' && type !== ''))];
}
