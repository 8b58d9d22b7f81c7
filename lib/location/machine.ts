import ipaddr from 'ipaddr.js';
import { Malformed, quote } from './problem.ts';

export interface MachineAddress {
  /** IPv4, IPv6 in its shortest form, or a host name in lower case. */
  address: string;
  port: number;
  user?: string;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/;

/**
 * `[user@]host[:port]`: the host an IPv4 address, an IPv6 address (in brackets where a port follows) or a name.
 *
 * @param defaults  the port, 22 unless told, and the user
 * @throws Malformed
 */
export function parseMachine(text: string, defaults: { port: number; user?: string }): MachineAddress {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? defaults.user : text.slice(0, at);
  if (user !== undefined && !/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(user))
    throw new Malformed({ path: [], offset: 0, found: quote(user), expected: 'a user name before the @' });

  const rest = text.slice(at + 1);
  const { host, port } = splitPort(rest, at + 1);
  const address = normaliseHost(host);
  if (address === undefined)
    throw new Malformed({
      path: [],
      offset: at + 1,
      found: host === '' ? 'nothing' : quote(host),
      expected: 'an IP address or a host name',
    });
  return { address, port: port ?? defaults.port, ...(user === undefined ? {} : { user }) };
}

/** `10.0.0.1:22`, `[2001:db8::1]:22`: one spelling for one machine; what claims are named by. */
export const machineKey = ({ address, port }: Pick<MachineAddress, 'address' | 'port'>): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function splitPort(text: string, offset: number): { host: string; port?: number } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const plain = /^([^:]*):([^:]*)$/.exec(text);
  const [, host, port] = bracketed ?? plain ?? [];
  if (host === undefined) return { host: text };
  if (port === undefined) return { host };
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number < 1 || number > 65_535)
    throw new Malformed({
      path: [],
      offset: offset + text.length - port.length,
      found: port === '' ? 'nothing' : quote(port),
      expected: 'a port from 1 to 65535',
    });
  return { host, port: number };
}

function normaliseHost(text: string): string | undefined {
  const host = text.toLowerCase();
  if (ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)) return ipaddr.parse(host).toString();
  // What is made of digits and dots alone is an address with a mistake in it, not a name.
  return /^[\d.]+$/.test(host) || !HOST_NAME.test(host) ? undefined : host;
}
