import { BerthError } from '../../../../lib/errors/index.ts';
import { type Machine, run, type Step } from '../machine.ts';

/** Programs that berth needs on a host, and the Debian packages that have them. */
const NEEDED: Record<string, string> = {
  dockerd: 'docker.io',
  openssl: 'openssl',
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  flock: 'util-linux',
  sysctl: 'procps',
};

async function missing({ shell, signal }: Machine): Promise<string[]> {
  const command = `PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; for p in ${Object.keys(NEEDED).join(' ')}; do command -v $p >/dev/null || echo $p; done`;
  const said = await run(shell, command, { signal, what: 'looking for programs' });
  return said.split('\n').filter((program) => program !== '');
}

/** What is missing is installed by apt; an engine that is there already, of whatever origin, stays. */
export const packages: Step = {
  name: 'Packages',
  check: async (machine) => (await missing(machine)).length === 0,
  async apply(machine) {
    const { shell, fenced, signal } = machine;
    const programs = await missing(machine);
    const { code } = await shell.run('command -v apt-get', { signal });
    if (code !== 0)
      throw new BerthError(
        'BERTH_COMMAND',
        `the machine lacks ${programs.join(', ')}, and has no apt-get to install them`,
      );
    const names = [...new Set(programs.map((program) => NEEDED[program]!))].join(' ');
    const install = `apt-get install -y --no-install-recommends ${names}`;
    // Lists may be old or absent; asking for them first would cost half a minute on every machine that needs nothing else.
    const command = `export DEBIAN_FRONTEND=noninteractive; ${install} || { apt-get update && ${install}; }`;
    await run(fenced, command, { signal, timeoutMs: 600_000, what: `installing ${names}` });
  },
};
