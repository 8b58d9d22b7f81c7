import type { Command } from 'commander';
import type { CheckOptions } from '../client/networks/check.ts';
import type { State } from '../client/reading.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';
import { addPortOptions, type PortFlags } from '../options/port.ts';

interface Flags extends EtcdFlags, PortFlags {
  output?: string;
  hosts: boolean;
}

export function register(program: Command): void {
  const network = program.command('network').description('looks after networks: check');
  const command = network
    .command('check')
    .description('looks for what is not as it should be: in Calico’s records, in ours, and on the hosts')
    .option('-o, --output <format>', 'json, yaml, name, or jsonpath=TEMPLATE')
    .option('--no-hosts', 'etcd only');
  addEtcdOptions(addPortOptions(command))
    .addHelpText(
      'after',
      `
Changes nothing. Exits with 1 when anything was found, and was still there three seconds later.
Hosts are asked through the controllers’ HTTP port. Where that is not there, the rest is checked and stderr says so;
where it was named by --http, or the token by --token-file, that is an error.

Examples:
  berth network check
  berth network check -o json | jq '.findings[] | select(.of == "berth")'`,
    )
    .action(async ({ output, ...flags }: Flags) => {
      const [{ withSession }, { read }, { check }] = await Promise.all([
        import('../client/session.ts'),
        import('../client/reading.ts'),
        import('../client/networks/check.ts'),
      ]);
      await withSession(flags, async (session) => {
        const state = await read(session, [{ kind: 'members' }]);
        return check(session, { output, hosts: await wayToHosts(flags, state) });
      });
    });
}

/** Milliseconds for the answer of one host. */
const ANSWER_WITHIN = 90_000;

async function wayToHosts(flags: Flags, state: State): Promise<CheckOptions['hosts']> {
  if (!flags.hosts) return { skipped: 'etcd only was asked for' };
  const [{ readPort }, { readHostNetwork }, { isCode, messageOf }] = await Promise.all([
    import('../options/port.ts'),
    import('../client/networks/port.ts'),
    import('../../lib/errors/index.ts'),
  ]);
  const required = flags.http === undefined && flags.tokenFile === undefined ? 'no' : 'yes';
  try {
    const port = await readPort(flags, state);
    return { required, read: (host) => readHostNetwork(port, host, AbortSignal.timeout(ANSWER_WITHIN)) };
  } catch (error) {
    if (required === 'yes' || !isCode(error, 'BERTH_USAGE')) throw error;
    return { skipped: messageOf(error) };
  }
}
