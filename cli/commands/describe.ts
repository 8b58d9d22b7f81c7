import type { Command } from 'commander';
import { addNamespaceOptions, type NamespaceFlags, namespaceOf } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';

export function register(program: Command): void {
  const command = program
    .command('describe')
    .description('tells all there is to say about something: its record, conditions, what was made for it, events')
    .argument('<kind>', 'KIND/NAME, or KIND')
    .argument('[names...]', 'which of them');
  addNamespaceOptions(command);
  addEtcdOptions(command).action(async (kind: string, names: string[], flags: EtcdFlags & NamespaceFlags) => {
    const [{ withSession }, { describe }] = await Promise.all([
      import('../client/session.ts'),
      import('../client/describe.ts'),
    ]);
    await withSession(flags, (session) => describe(session, [kind, ...names], { namespace: namespaceOf(flags) }));
  });
}
