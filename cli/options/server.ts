import { type Command, Option } from 'commander';
import { addEtcdOptions, type EtcdFlags } from './etcd.ts';
import { DEFAULT_HTTP } from './http.ts';

/** What `berth up` and `berth controllers` have in common, as commander reads it. */
export interface ServerFlags extends EtcdFlags {
  only?: string;
  host?: string;
  http: string;
  httpTokenFile?: string;
  httpCert?: string;
  httpKey?: string;
  identity?: string;
  logLevel: LogLevel;
  logFormat?: 'text' | 'json';
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export function addServerOptions(command: Command, etcd?: string): Command {
  command
    .addOption(new Option('--only <names>', 'only these controllers, comma-separated').env('BERTH_ONLY'))
    .addOption(new Option('--http <host:port>', 'where to serve HTTP').env('BERTH_HTTP_LISTEN').default(DEFAULT_HTTP))
    .addOption(
      new Option('--http-token-file <file>', 'token for logs and exec (default: http-token beside the identity)').env(
        'BERTH_HTTP_TOKEN_FILE',
      ),
    )
    .addOption(new Option('--http-cert <file>', 'certificate of the HTTP port').env('BERTH_HTTP_CERT'))
    .addOption(new Option('--http-key <file>', 'its private key').env('BERTH_HTTP_KEY'))
    .addOption(
      new Option(
        '--identity <file>',
        'age key that opens this installation’s secrets (default: ~/.local/state/berth/identity)',
      ).env('BERTH_IDENTITY'),
    )
    .addOption(
      new Option('--log-level <level>', 'least weight of what is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .env('BERTH_LOG_LEVEL')
        .default('info'),
    )
    .addOption(
      new Option('--log-format <format>', 'of the log, on stderr (default: text on a terminal, else json)')
        .choices(['text', 'json'])
        .env('BERTH_LOG_FORMAT'),
    );
  return addEtcdOptions(command, etcd);
}
