import type { EngineInfo } from '../../../lib/docker/index.ts';
import type { HostRecord } from '../../../lib/records/index.ts';
import type { Shell } from '../../../lib/ssh/index.ts';
import { run } from './machine.ts';

/** Ports of UDP that programs take for single questions come and go; nobody publishes those. */
const EPHEMERAL = 32_768;

type Ports = HostRecord['foreignPorts'];

/** What somebody on the host listens on. @throws BERTH_COMMAND */
export async function listeningPorts(shell: Shell, signal: AbortSignal): Promise<Ports> {
  const said = await run(shell, 'PATH=$PATH:/usr/sbin:/sbin ss -Hlntu', { signal, what: 'listing open ports' });
  return parsePorts(said);
}

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
