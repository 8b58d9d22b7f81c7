import { BerthError } from '../../lib/errors/index.ts';
import type { AnyController } from '../../lib/reconcile/index.ts';
import { defaultIdentityPath } from '../../lib/secrets/index.ts';
import { readOption } from '../options/file.ts';
import { defaultTokenPath } from '../options/http.ts';
import type { ServerFlags } from '../options/server.ts';
import { type Address, isLoopback, parseAddress } from './address.ts';
import { loadToken } from './http/token.ts';

/** The controllers of `--only`, all without it. @throws BERTH_USAGE for a name that there is not */
export function chosen(all: readonly AnyController[], only: string | undefined): readonly AnyController[] {
  if (only === undefined) return all;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !all.some((controller) => controller.name === name));
  if (unknown !== undefined)
    throw new BerthError('BERTH_USAGE', '--only names no controller', {
      found: unknown,
      expected: all.map(({ name }) => name).join(', '),
    });
  return all.filter(({ name }) => names.includes(name));
}

export interface HttpSettings {
  listen: Address;
  token: string;
  tls?: { cert: string; key: string };
}

/**
 * What the HTTP port needs. Off the loopback interface it asks everybody for a token, over TLS.
 * @throws BERTH_USAGE where something of that is missing
 */
export async function httpSettings(
  { http, httpTokenFile, httpCert, httpKey, identity }: ServerFlags,
  env: NodeJS.ProcessEnv,
): Promise<HttpSettings> {
  const listen = parseAddress('--http', http);
  const missing = [
    ...(httpTokenFile ? [] : ['--http-token-file']),
    ...(httpCert ? [] : ['--http-cert']),
    ...(httpKey ? [] : ['--http-key']),
  ];
  if (!isLoopback(listen) && missing.length > 0)
    throw new BerthError('BERTH_USAGE', 'off the loopback interface the HTTP port needs a token and TLS', {
      found: `--http ${http} without ${missing.join(', ')}`,
    });
  if ((httpCert === undefined) !== (httpKey === undefined))
    throw new BerthError('BERTH_USAGE', '--http-cert and --http-key go together', {
      found: httpCert ? 'no --http-key' : 'no --http-cert',
    });
  const token = httpTokenFile
    ? await loadToken(httpTokenFile, { make: false })
    : await loadToken(defaultTokenPath(env, identity ?? defaultIdentityPath(env)), { make: true });
  if (!httpCert || !httpKey) return { listen, token };
  const [cert, key] = [await readOption('--http-cert', httpCert), await readOption('--http-key', httpKey)];
  return { listen, token, tls: { cert, key } };
}

export interface OwnEtcdSettings {
  /** `127.0.0.1:2379` */
  listen: string;
  /** Whether it may listen where other machines reach it. */
  insecure: boolean;
}

/**
 * Where an etcd of our own listens. It has neither password nor TLS: off the loopback interface only for who says so.
 * @throws BERTH_USAGE
 */
export function ownEtcdAddress({ listen, insecure }: OwnEtcdSettings): Address {
  const address = parseAddress('--etcd-listen', listen);
  if (address.port === 0) throw new BerthError('BERTH_USAGE', '--etcd-listen needs a port', { found: listen });
  if (!isLoopback(address) && !insecure)
    throw new BerthError('BERTH_USAGE', 'off the loopback interface its own etcd would obey everybody who reaches it', {
      found: `--etcd-listen ${listen}; it has neither password nor TLS`,
      expected: 'an address such as 127.0.0.1:2379',
      hint: 'run an etcd with both and name it by --etcd; where all who reach it may do anything, say --etcd-listen-insecure',
    });
  return address.host === 'localhost' ? { ...address, host: '127.0.0.1' } : address;
}
