import { BerthError } from '../../errors/index.ts';
import { sleep } from '../../platform/index.ts';
import { quote } from '../../ssh/index.ts';
import { aliasOf, tableOf } from '../linux/names.ts';
import type { ProviderHost, ProviderStep } from '../provider.ts';

/**
 * Containers that run while their cloud changes its provider are never without rules: the batch's own and Felix's are there
 * side by side until those that come are seen on the host.
 */

/** Milliseconds until the others have to be there: Felix takes a second, the container controller's batch as long. */
const PATIENCE = 60_000;

const PATH = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin';
const links = (installation: string): string =>
  `ip -o link show type veth | grep -F ${quote(`alias ${aliasOf(installation)}`)} | sed 's/^[0-9]*: //; s/[@:].*//'`;
const isolating = (installation: string): string =>
  `nft list chain inet ${tableOf(installation)} arriving >/dev/null 2>&1`;

/** Felix has its chains for every container that the batch's own rules still isolate; after this they go. */
export const felixRules: ProviderStep = {
  name: 'FelixRules',
  check: ({ shell, installation, signal }) => succeeds(shell, felixIsThere(installation), signal),
  apply: (host) =>
    until(host, felixIsThere(host.installation), 'calico/node has made no rules for the containers here'),
};

/** The batch's own rules are there, where the host goes over to them with containers. */
export async function ownRules(host: ProviderHost): Promise<void> {
  const { installation, spec } = host;
  if (spec.network.provider !== 'linux') return;
  const there = `${PATH}; [ -z "$(${links(installation)})" ] || ${isolating(installation)}`;
  await until(host, there, 'the container controller has made no rules for the containers here');
}

/** Chains as Felix calls them: `cali-tw-`, "to workload", and the interface. Where no program can list them, they are taken for granted. */
const felixIsThere = (installation: string): string => `${PATH}
${isolating(installation)} || exit 0
chains=$(for tool in iptables-nft-save iptables-legacy-save iptables-save; do
  command -v "$tool" >/dev/null && "$tool" -t filter 2>/dev/null && echo asked
done)
case $chains in *asked*) ;; *) exit 0 ;; esac
for link in $(${links(installation)}); do
  case $chains in *":cali-tw-$link "*) ;; *) exit 1 ;; esac
done`;

const succeeds = async (shell: ProviderHost['shell'], command: string, signal: AbortSignal): Promise<boolean> =>
  (await shell.run(command, { signal })).code === 0;

/** @throws BERTH_TIMEOUT */
async function until({ shell, clock, signal, host }: ProviderHost, command: string, otherwise: string): Promise<void> {
  const end = clock.monotonic() + PATIENCE;
  while (!(await succeeds(shell, command, signal))) {
    if (clock.monotonic() >= end) throw new BerthError('BERTH_TIMEOUT', otherwise, { place: `hosts/${host}` });
    await sleep(clock, 500, signal);
  }
}
