import type { Command } from 'commander';
import {
  addFileOption,
  addNamespaceOption,
  addTimeoutOption,
  deadline,
  type NamespaceFlags,
  parseFlag,
  readStdin,
} from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';

interface Flags extends EtcdFlags, NamespaceFlags {
  filename?: string[];
  name?: string;
  all?: boolean;
  wait: boolean;
  timeout: number;
  ignoreNotFound?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('delete')
    .description('deletes records, and waits until what they made is gone')
    .argument('[kind]', 'KIND or KIND/NAME')
    .argument('[names...]', 'which of them')
    .option('--name <name>', 'what a bare blueprint is called, instead of by its id')
    .option('--all', 'all of the kind')
    .option('--wait [wait]', 'until nothing is left', parseFlag, true)
    .option('--ignore-not-found', 'what is not there is fine');
  addNamespaceOption(addFileOption(addTimeoutOption(command, 'waits so long at most; 0: for ever', '0')));
  addEtcdOptions(command).action(
    async (
      kind: string | undefined,
      names: string[],
      { filename, name, all, wait, timeout, ignoreNotFound, ...flags }: Flags,
    ) => {
      const [{ withSession }, { deleteRecords, inManifests, named }, { loadManifests }] = await Promise.all([
        import('../client/session.ts'),
        import('../client/delete.ts'),
        import('../client/manifests.ts'),
      ]);
      const manifests = filename && (await loadManifests(filename, readStdin));
      const demanded = command.getOptionValueSource('namespace') === 'cli';
      await withSession(flags, async (session) => {
        const { namespace } = flags;
        const records = [
          ...(manifests ? inManifests(manifests, { namespace: { name: namespace, demanded }, name }) : []),
          ...(kind !== undefined || !manifests
            ? await named(session, kind === undefined ? [] : [kind, ...names], { namespace, ...(all && { all }) })
            : []),
        ];
        return deleteRecords(session, records, {
          ...(wait && { wait: deadline(timeout) }),
          ...(ignoreNotFound && { ignoreNotFound }),
        });
      });
    },
  );
}
