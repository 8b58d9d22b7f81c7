import { hostname } from 'node:os';
import { BerthError } from '../../lib/errors/index.ts';
import { isLoopback } from '../server/address.ts';
import type { State } from './reading.ts';

/**
 * Where the controllers' HTTP port is: at the address given; else at those that the replicas announce, this machine's
 * first; else, where none announces any, where it usually is. Left out are addresses on which the token would travel in
 * the clear, and those that mean this machine and were announced by another: who listens on them here is somebody else.
 *
 * @param given  `http://127.0.0.1:7070`, with or without `http://`
 * @throws BERTH_USAGE for an address that is none or not safe, and where none of those announced is left
 */
export function addressesOf(given: string | undefined, state: State, fallback: string): string[] {
  if (given !== undefined) {
    const url = urlOf(given);
    if (!url)
      throw new BerthError('BERTH_USAGE', '--http is not an address', { found: given, expected: 'https://host:port' });
    if (!isSafe(url))
      throw new BerthError('BERTH_USAGE', 'the token would travel in the clear', {
        found: given,
        expected: 'https, or an address of this machine',
      });
    return [url.origin];
  }
  const announced = state
    .list('members')
    .flatMap(({ value: { http, hostname: where } }) => (http === undefined ? [] : [{ http, where }]))
    .sort((a, b) => Number(b.where === hostname()) - Number(a.where === hostname()));
  if (announced.length === 0) return [urlOf(fallback)?.origin ?? fallback];
  const usable = announced.filter(({ http, where }) => {
    const url = urlOf(http);
    return url !== undefined && isSafe(url) && (where === hostname() || !isHere(url));
  });
  if (usable.length > 0) return [...new Set(usable.map(({ http }) => http))];
  throw new BerthError('BERTH_USAGE', 'the controllers announce no HTTP port that can be asked from here', {
    found: announced.map(({ http, where }) => `${http} on ${where}`).join(', '),
    hint: `run the command there, or name an address by --http or BERTH_HTTP`,
  });
}

function urlOf(text: string): URL | undefined {
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

const isSafe = (url: URL): boolean => url.protocol === 'https:' || isHere(url);

const isHere = ({ hostname: host, port }: URL): boolean =>
  isLoopback({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
