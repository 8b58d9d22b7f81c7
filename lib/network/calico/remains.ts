import { stateDirectory } from '../../fence/index.ts';
import { run } from '../../ssh/index.ts';
import type { ProviderHost, ProviderStep } from '../provider.ts';
import { ownRules } from './handover.ts';
import { withoutPublishedPorts } from './published.ts';
import { backendOf, secretsDirectory } from './settings.ts';

/**
 * What Felix and BIRD leave in the kernel when their container is gone, and what we gave them: chains `cali-…`, sets
 * `cali…`, routes of protocol 80 (Felix) and 12 (BIRD), tunnels, credentials. Felix itself says that it cleans nothing up.
 * Interfaces `cali…` are containers', and stay with the routes to them. What a Calico of somebody else's made is left alone.
 */
export const noRemains: ProviderStep = {
  name: 'NoRemainsOfCalico',
  async check({ shell, signal, installation }) {
    const gone = `[ ! -e ${secretsDirectory(installation)} ] && [ ! -e ${markOf(installation)} ]`;
    return (await shell.run(gone, { signal })).code === 0;
  },
  async apply(host) {
    const { fenced, signal, installation } = host;
    await ownRules(host);
    await run(fenced, cleaning(installation), { signal, timeoutMs: 120_000, what: 'removing what calico/node left' });
  },
};

/** Stands from the first step to the last trace; each backend that calico/node was started with here is a line of it. */
const markOf = (installation: string): string => `${stateDirectory(installation)}/calico-node`;

export const mark: ProviderStep = {
  name: 'CalicoMark',
  check: async ({ shell, signal, installation }) =>
    (await shell.run(`[ -e ${markOf(installation)} ]`, { signal })).code === 0,
  async apply({ fenced, signal, installation }) {
    const file = markOf(installation);
    await run(fenced, `mkdir -p ${stateDirectory(installation)} && : >>${file}`, { signal, what: `writing ${file}` });
  },
};

/** Before calico/node is started. */
export async function noteStart({ fenced, signal, installation, spec }: ProviderHost): Promise<void> {
  const file = markOf(installation);
  const backend = backendOf(spec.network);
  await run(fenced, `grep -qsx ${backend} ${file} || echo ${backend} >>${file}`, { signal, what: `writing ${file}` });
}

/** What `iptables-restore --noflush` is told: only what is Felix's goes, its rules by their comments `cali:<hash>`. */
const OURS_AWAY = String.raw`
/^\*/ { table = $0; rules = flushes = ends = "" }
/^:cali-/ { name = substr($1, 2); flushes = flushes "-F " name "\n"; ends = ends "-X " name "\n" }
/^-A / && !/^-A cali-/ && (/ -[jg] cali-/ || / --comment "?cali:/) { sub(/^-A/, "-D"); rules = rules $0 "\n" }
/^COMMIT/ && rules flushes != "" { printf "%s\n%s%s%sCOMMIT\n", table, rules, flushes, ends }`;

const cleaning = (installation: string): string => `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
if [ -s ${markOf(installation)} ]; then
  for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
    command -v "$tool-save" >/dev/null && command -v "$tool-restore" >/dev/null || continue
    away=$("$tool-save" 2>/dev/null | awk '${OURS_AWAY}')
    [ -z "$away" ] || printf '%s\\n' "$away" | "$tool-restore" --noflush || exit 1
  done
  for family in ip ip6; do nft delete table "$family" calico 2>/dev/null; done
  if command -v ipset >/dev/null; then
    for set in $(ipset list -name 2>/dev/null | grep '^cali'); do ipset destroy "$set"; done
  fi
  for link in vxlan.calico vxlan-v6.calico wireguard.cali wg-v6.cali; do ip link del "$link" 2>/dev/null; done
  protocols=80
  # Another BIRD may be on the machine, and another's tunnel.
  if grep -qx bird ${markOf(installation)}; then
    protocols='80 12'
    if [ -e /sys/class/net/tunl0 ]; then ip addr flush dev tunl0; ip link set tunl0 down; fi
  fi
  for protocol in $protocols; do
    for family in -4 -6; do
      ip -o "$family" route show proto "$protocol" 2>/dev/null | awk -v protocol="$protocol" '
        !/ dev cali/ { print "route del " ($1 ~ /^[a-z]+$/ && $1 != "default" ? $1 " " $2 : $1) " proto " protocol }' |
        ip -force "$family" -batch - 2>/dev/null
    done
  done
fi
${withoutPublishedPorts(installation)}
rm -rf ${secretsDirectory(installation)} && rm -f ${markOf(installation)} || exit 1
rmdir /etc/berth/${installation} 2>/dev/null
:
`;
