import { ordinalOf, parseCidr, tryParseAddress } from '../../../lib/addresses/index.ts';
import type { EngineInfo } from '../../../lib/docker/index.ts';
import { parseInterfaces } from '../../../lib/network/index.ts';
import type { HostRecord } from '../../../lib/records/index.ts';
import type { Shell } from '../../../lib/ssh/index.ts';
import { run } from './machine.ts';

/** Ports of UDP that programs take for single questions come and go; nobody publishes those. */
const EPHEMERAL = 32_768;

type Ports = HostRecord['foreignPorts'];

/** What changes on a host without our doing, in one command. */
export type Surroundings = Pick<HostRecord, 'foreignPorts' | 'nameservers' | 'subnet' | 'mtu'>;

const LOOK = `PATH=$PATH:/usr/sbin:/sbin
ss -Hlntu || exit 1
echo ----; ip -o addr show; ip -o link show
echo ----; cat /etc/resolv.conf 2>/dev/null
echo ----; cat /run/systemd/resolve/resolv.conf 2>/dev/null
:`;

/**
 * What somebody on the host listens on, its name servers, and the range in which its address lies.
 *
 * @param address  of the host, as its record has it
 * @throws BERTH_COMMAND
 */
export async function surroundingsOf(shell: Shell, address: string, signal: AbortSignal): Promise<Surroundings> {
  const said = await run(shell, LOOK, { signal, what: 'looking at ports, addresses and name servers' });
  const [ports = '', interfaces = '', resolv = '', behind = ''] = said.split(/^----$/m);
  const own = parseInterfaces(interfaces, address);
  return {
    foreignPorts: parsePorts(ports),
    nameservers: parseNameservers(resolv, behind),
    ...(own && { subnet: own.subnet }),
    ...(own?.mtu !== undefined && { mtu: own.mtu }),
  };
}

/**
 * Name servers of a resolv.conf that others than the machine itself can reach; where there is none, as with the stub of
 * systemd-resolved on 127.0.0.53, those that it asks in turn.
 */
export function parseNameservers(resolv: string, behind: string): string[] {
  const listed = (text: string) =>
    [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address).filter(isReachable);
  const own = listed(resolv);
  return [...new Set(own.length > 0 ? own : listed(behind))];
}

/** Neither a loopback's nor one that only means something on one of the machine's links. */
function isReachable(text: string): boolean {
  const address = tryParseAddress(text);
  return address !== undefined && !UNREACHABLE.some((range) => ordinalOf(range, address) !== undefined);
}

const UNREACHABLE = ['127.0.0.0/8', '::1/128', 'fe80::/10', '0.0.0.0/32'].map(parseCidr);

/** Lines of `ss -Hlntu`: `tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*`. Sorted, each once. */
export function parsePorts(text: string): Ports {
  const found = new Map<string, Ports[number]>();
  for (const line of text.split('\n')) {
    const [protocol, , , , local = ''] = line.trim().split(/\s+/);
    const port = Number(local.slice(local.lastIndexOf(':') + 1));
    if ((protocol !== 'tcp' && protocol !== 'udp') || !(port > 0)) continue;
    if (protocol === 'udp' && port >= EPHEMERAL) continue;
    found.set(`${protocol}${port}`, { port, protocol });
  }
  return [...found.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

/** What a host offers: what its engine counts, or less where the location limited the machine. */
export const capacityOf = (
  { cpus, memory }: Pick<EngineInfo, 'cpus' | 'memory'>,
  limits: { cpus?: number; memory?: number } = {},
): HostRecord['capacity'] => ({ cpus: limits.cpus ?? cpus, memory: limits.memory ?? memory });
