import { run } from '../../ssh/index.ts';
import type { ProviderStep } from '../provider.ts';
import { ownRules } from './handover.ts';
import { REMOVE } from './published.ts';
import { SECRETS } from './settings.ts';

/**
 * What Felix and BIRD leave in the kernel when their container is gone, and what we gave them: chains `cali-…`, sets
 * `cali…`, routes of protocol 80 (Felix) and 12 (BIRD), tunnels, credentials. Felix itself says that it cleans nothing up.
 * Interfaces `cali…` are containers', and stay.
 */
export const noRemains: ProviderStep = {
  name: 'NoRemainsOfCalico',
  async check({ shell, signal }) {
    // The mark of what calico/node did here: its own directories are made by the engine before it starts.
    return (await shell.run(`[ ! -e ${SECRETS} ] && [ ! -e ${MARK} ]`, { signal })).code === 0;
  },
  async apply(host) {
    const { fenced, signal } = host;
    await ownRules(host);
    await run(fenced, CLEAN, { signal, timeoutMs: 120_000, what: 'removing what calico/node left' });
  },
};

/** Made before calico/node is started here by us, and removed with the last trace of it. */
export const MARK = '/var/lib/berth/calico-node';

export const mark: ProviderStep = {
  name: 'CalicoMark',
  check: async ({ shell, signal }) => (await shell.run(`[ -e ${MARK} ]`, { signal })).code === 0,
  async apply({ fenced, signal }) {
    await run(fenced, `mkdir -p /var/lib/berth && : >${MARK}`, { signal, what: `writing ${MARK}` });
  },
};

const CLEAN = `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
  command -v "$tool-save" >/dev/null && command -v "$tool-restore" >/dev/null || continue
  saved=$("$tool-save" 2>/dev/null) || continue
  case $saved in *cali-*) printf '%s\\n' "$saved" | grep -v 'cali-' | "$tool-restore" || exit 1 ;; esac
done
${REMOVE}
for family in ip ip6; do nft delete table "$family" calico 2>/dev/null; done
if command -v ipset >/dev/null; then
  for set in $(ipset list -name 2>/dev/null | grep '^cali'); do ipset destroy "$set"; done
fi
for link in vxlan.calico vxlan-v6.calico wireguard.cali wg-v6.cali; do ip link del "$link" 2>/dev/null; done
if [ -e /sys/class/net/tunl0 ]; then ip addr flush dev tunl0; ip link set tunl0 down; fi
for protocol in 80 12; do
  ip -4 route flush proto "$protocol" 2>/dev/null
  ip -6 route flush proto "$protocol" 2>/dev/null
done
rm -rf ${SECRETS} && rm -f ${MARK}
`;
