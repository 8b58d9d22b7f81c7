/** What a link gives its owner: the variables that Docker's links gave (clocker.md §4), and a line of /etc/hosts. */

import type { PortSpec } from '../records/index.ts';

export interface LinkTarget {
  /** IPv4 or IPv6. */
  address: string;
  ports: readonly PortSpec[];
  /** The variables that its own record declares, resolved; not what links gave it. */
  env: Readonly<Record<string, string>>;
}

/** `my-db` → `MY_DB`: upper case, and `_` for what is neither letter nor digit. */
export const variablePrefix = (alias: string): string => alias.toUpperCase().replace(/[^A-Z0-9]/g, '_');

/**
 * The variables of one link, in Docker's format.
 *
 * @param owner name of the container that is given them
 */
export function linkVariables(
  alias: string,
  owner: string,
  { address, ports, env }: LinkTarget,
): Record<string, string> {
  const prefix = variablePrefix(alias);
  const variables: Record<string, string> = { [`${prefix}_NAME`]: `/${owner}/${alias}` };
  const sorted = [...ports].sort(byPort);
  for (const { port, protocol } of sorted) {
    const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    variables[name] = url(protocol, address, port);
    variables[`${name}_ADDR`] = address;
    variables[`${name}_PORT`] = String(port);
    variables[`${name}_PROTO`] = protocol;
  }
  const [first] = sorted;
  if (first) variables[`${prefix}_PORT`] = url(first.protocol, address, first.port);
  for (const [name, value] of Object.entries(env)) variables[`${prefix}_ENV_${name}`] = value;
  return variables;
}

/** The lowest first, and of one number TCP before UDP, as Docker does. */
export const byPort = (a: PortSpec, b: PortSpec): number =>
  a.port - b.port || Number(a.protocol === 'udp') - Number(b.protocol === 'udp');

/** `tcp://10.0.0.1:80`, `tcp://[fd00::1]:80` */
export const url = (scheme: string, address: string, port: number): string =>
  `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
