import { BlockList, isIPv6 } from 'node:net';
import { BerthError } from '../../lib/errors/index.ts';

/** Where to listen. */
export interface Address {
  host: string;
  port: number;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Reached from this machine only. */
export const isLoopback = ({ host }: Address): boolean =>
  host === 'localhost' || loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');

/** Every address of this machine. */
export const isWildcard = ({ host }: Address): boolean => host === '0.0.0.0' || host === '::';

/**
 * `127.0.0.1:7070`, `[::1]:7070`, `name:7070`.
 *
 * @param option  whose value it is
 * @throws BERTH_USAGE
 */
export function parseAddress(option: string, text: string): Address {
  const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? name;
  if (host === undefined || (v6 !== undefined && !isIPv6(v6)) || Number(port) > 65_535)
    throw new BerthError('BERTH_USAGE', `${option} is not an address to listen on`, {
      found: text,
      expected: 'host:port',
    });
  return { host, port: Number(port) };
}

/** The inverse of `parseAddress`. */
export const formatAddress = ({ host, port }: Address): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;
