import { type Command, Option } from 'commander';
import { BerthError } from '../../lib/errors/index.ts';
import { addServerOptions, type ServerFlags } from '../options/server.ts';
import { version } from '../version.ts';

interface UpFlags extends ServerFlags {
  dataDir?: string;
  etcdListen?: string;
  etcdListenInsecure?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('up')
    .description('runs all controllers, with an etcd of its own unless --etcd names one')
    .addOption(
      new Option('--data-dir <folder>', 'where its own etcd keeps its data (default: ~/.local/state/berth/etcd)').env(
        'BERTH_DATA_DIR',
      ),
    )
    .addOption(
      new Option('--etcd-listen <host:port>', 'where its own etcd listens (default: 127.0.0.1:2379)').env(
        'BERTH_ETCD_LISTEN',
      ),
    )
    .option('--etcd-listen-insecure', 'lets it listen off the loopback interface, with neither password nor TLS');
  addServerOptions(command, 'use this etcd, comma-separated (default: an etcd of its own)').action(
    async (flags: UpFlags) => {
      const { etcd, dataDir, etcdListen, etcdListenInsecure: insecure = false } = flags;
      if (etcd !== undefined && (dataDir !== undefined || etcdListen !== undefined || insecure)) {
        const isSet = command.getOptionValueSource('etcd') === 'env';
        throw new BerthError(
          'BERTH_USAGE',
          '--data-dir, --etcd-listen and --etcd-listen-insecure are about an etcd of its own',
          {
            found: isSet ? `BERTH_ETCD=${etcd} in the environment` : `--etcd ${etcd}`,
            hint: isSet ? 'unset it, or leave them out' : 'leave one or the other out',
          },
        );
      }
      process.stdout.write(`berth ${version}\n`);
      const { serve } = await import('../server/index.ts');
      const { defaultDataDirectory } = await import('../server/own-etcd.ts');
      const own = {
        directory: dataDir ?? defaultDataDirectory(process.env),
        listen: etcdListen ?? '127.0.0.1:2379',
        insecure,
      };
      await serve(flags, { ...(etcd === undefined && { own }), greet: true });
    },
  );
}
