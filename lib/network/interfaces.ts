import { formatCidr, rangeAround, tryParseAddress } from '../addresses/index.ts';
import { run, type Shell } from '../ssh/index.ts';

/** The interface of a machine that has an address. */
export interface HostInterface {
  name: string;
  /** Range that the address lies in: `192.0.2.0/24`. */
  subnet: string;
  /** Prefix length of it. */
  prefix: number;
  /** Bytes; absent where the machine does not say. */
  mtu?: number;
}

const COMMAND = 'PATH=$PATH:/usr/sbin:/sbin; ip -o addr show && ip -o link show';

/**
 * Which interface of a machine has an address, and in which range.
 *
 * @returns undefined where none has it, as behind a NAT
 * @throws BERTH_COMMAND
 */
export async function interfaceWith(
  shell: Shell,
  address: string,
  signal: AbortSignal,
): Promise<HostInterface | undefined> {
  return parseInterfaces(await run(shell, COMMAND, { signal, what: 'listing addresses' }), address);
}

export const subnetOf = async (shell: Shell, address: string, signal: AbortSignal): Promise<string | undefined> =>
  (await interfaceWith(shell, address, signal))?.subnet;

/** Lines of `ip -o addr`: `2: eth0    inet 192.0.2.11/24 brd …`, and of `ip -o link`: `2: eth0@if5: <…> mtu 1500 …`. */
export function parseInterfaces(text: string, address: string): HostInterface | undefined {
  const wanted = tryParseAddress(address);
  if (!wanted) return undefined;
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  for (const [, name = '', family, range = ''] of lines) {
    if (family !== 'inet' && family !== 'inet6') continue;
    const [own = '', length] = range.split('/');
    const parsed = tryParseAddress(own);
    if (parsed?.family !== wanted.family || parsed.value !== wanted.value) continue;
    const prefix = Number(length ?? (wanted.family === 4 ? 32 : 128));
    const link = lines.find((words) => words[1]?.replace(/(@.*)?:$/, '') === name && words.includes('mtu'));
    const mtu = Number(link?.[link.indexOf('mtu') + 1]);
    return { name, subnet: formatCidr(rangeAround(wanted, prefix)), prefix, ...(mtu > 0 && { mtu }) };
  }
  return undefined;
}
