import { type Command, Option } from 'commander';
import { BerthError } from '../../lib/errors/index.ts';
import type { Clock, Log } from '../../lib/platform/index.ts';
import type { EtcdOptions } from '../../lib/store/etcd/index.ts';
import type { Kv } from '../../lib/store/index.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { readOption } from './file.ts';

/** What a bare `etcdctl` reaches too. */
export const DEFAULT_ETCD = 'http://127.0.0.1:2379';

/** The options as commander reads them, from the command line or the environment. */
export interface EtcdFlags {
  etcd?: string;
  etcdCacert?: string;
  etcdCert?: string;
  etcdKey?: string;
  etcdUser?: string;
  etcdPasswordFile?: string;
  etcdCredentials?: string;
  prefix: string;
}

/** How etcd is reached, files read. */
export interface EtcdAccess {
  endpoints: string[];
  /** Below which all keys lie. */
  prefix: string;
  /** @param who  `reader`, or the controller that writes; where there are no credentials of its own, the common ones */
  optionsFor(who: string): EtcdOptions;
}

/** Adds the options that say where etcd is and who asks, each with its environment variable. */
export function addEtcdOptions(command: Command, where = `where etcd is, comma-separated (default: ${DEFAULT_ETCD})`) {
  return command
    .addOption(new Option('--etcd <urls>', where).env('BERTH_ETCD'))
    .addOption(new Option('--etcd-cacert <file>', 'authority that signed etcd’s certificate').env('BERTH_ETCD_CACERT'))
    .addOption(new Option('--etcd-cert <file>', 'certificate to show to etcd').env('BERTH_ETCD_CERT'))
    .addOption(new Option('--etcd-key <file>', 'its private key').env('BERTH_ETCD_KEY'))
    .addOption(new Option('--etcd-user <name>', 'user of etcd').env('BERTH_ETCD_USER'))
    .addOption(new Option('--etcd-password-file <file>', 'its password').env('BERTH_ETCD_PASSWORD_FILE'))
    .addOption(
      new Option('--etcd-credentials <file>', 'YAML: a user for the reader and one for each controller').env(
        'BERTH_ETCD_CREDENTIALS',
      ),
    )
    .addOption(new Option('--prefix <path>', 'below which all keys lie').env('BERTH_PREFIX').default('/berth/v1'));
}

/**
 * Reads the files that the options name.
 *
 * @param own  endpoint of an etcd that this process started; then only the prefix of the options counts
 * @throws BERTH_USAGE
 */
export async function readEtcdAccess(flags: EtcdFlags, own?: string): Promise<EtcdAccess> {
  const { prefix } = flags;
  if (own !== undefined) return { endpoints: [own], prefix, optionsFor: () => ({ endpoints: [own] }) };

  const endpoints = (flags.etcd ?? DEFAULT_ETCD).split(',').map((text) => endpointOf(text.trim()));
  const secure = endpoints.filter((url) => url.startsWith('https:')).length;
  if (secure > 0 && secure < endpoints.length) throw usage('--etcd mixes http and https', flags.etcd);
  const tls = secure > 0 ? await readTls(flags) : undefined;
  if (!tls && (flags.etcdCacert || flags.etcdCert || flags.etcdKey))
    throw usage('certificates for etcd are of no use without https', endpoints.join(','), 'https://…');

  const common: EtcdOptions = { endpoints, ...(tls && { tls }), ...(await readUser(flags)) };
  const credentials: Credentials = flags.etcdCredentials ? await readCredentials(flags.etcdCredentials) : {};
  return {
    endpoints,
    prefix,
    optionsFor(who) {
      const own = credentials[who];
      if (!own && flags.etcdCredentials && common.user === undefined && !tls?.cert)
        throw usage(`${flags.etcdCredentials} has no entry for ${who}`, Object.keys(credentials).join(', '));
      return { ...common, ...own };
    },
  };
}

/** One client of etcd, for commands that need no more than that. Closing it is up to the caller. */
export async function connectEtcd(flags: EtcdFlags, tools: { clock: Clock; log: Log }): Promise<Kv> {
  const [access, { createEtcd }] = await Promise.all([readEtcdAccess(flags), import('../../lib/store/etcd/index.ts')]);
  return createEtcd({ ...access.optionsFor('reader'), ...tools });
}

function endpointOf(text: string): string {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url?.pathname !== '/' || url.username !== '')
    throw usage('not the address of an etcd', text, 'http://host:2379 or https://host:2379');
  // From the text: a URL forgets the port that its protocol has anyway, and etcd's is another.
  const given = url.port || /:(\d+)\/?$/.exec(full)?.[1];
  return `${url.protocol}//${url.hostname}:${Number(given ?? 2379)}`;
}

async function readTls({ etcdCacert, etcdCert, etcdKey }: EtcdFlags): Promise<NonNullable<EtcdOptions['tls']>> {
  if ((etcdCert === undefined) !== (etcdKey === undefined))
    throw usage('--etcd-cert and --etcd-key go together', etcdCert ? 'no --etcd-key' : 'no --etcd-cert');
  const { rootCertificates } = await import('node:tls');
  const ca = etcdCacert ? await readOption('--etcd-cacert', etcdCacert) : rootCertificates.join('\n');
  if (!etcdCert || !etcdKey) return { ca };
  return { ca, cert: await readOption('--etcd-cert', etcdCert), key: await readOption('--etcd-key', etcdKey) };
}

async function readUser({ etcdUser, etcdPasswordFile }: EtcdFlags): Promise<Pick<EtcdOptions, 'user' | 'password'>> {
  if (etcdUser === undefined && etcdPasswordFile === undefined) return {};
  if (etcdUser === undefined || etcdPasswordFile === undefined)
    throw usage('--etcd-user and --etcd-password-file go together', etcdUser ? 'no password' : 'no user');
  const text = await readOption('--etcd-password-file', etcdPasswordFile);
  return { user: etcdUser, password: text.replace(/\r?\n$/, '') };
}

const usage = (message: string, found?: string, expected?: string): BerthError =>
  new BerthError('BERTH_USAGE', message, { found, expected });
