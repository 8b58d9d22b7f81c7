import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { mortal } from '../../harness/children.ts';
import { until } from '../../harness/until.ts';
import type { FakeHost } from './hosts.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Who asks: a host itself, or the container of one with that number. */
export interface Asker {
  host: FakeHost;
  container?: number;
}

const entering = ({ container }: Pick<Asker, 'container'>): string =>
  container === undefined ? '' : `nsenter --net=/run/netns/berth-00000000000${container} `;

/** @param targets  `tcp 10.64.0.1 [port]`, `udp …`, `ping …` @returns what each said, '' for silence */
export async function ask(asker: Asker, targets: readonly string[]): Promise<string[]> {
  const command = `${entering(asker)}node ${file('ask.mjs')}`;
  const { code, stdout, stderr } = await asker.host.run(command, { stdin: targets.join('\n') });
  // Who could not ask did not hear silence.
  if (code !== 0) throw new Error(`ask.mjs ended with ${code}: ${stderr}`);
  return stdout.split('\n').slice(0, targets.length);
}

/** Until somebody listens on a port there. */
export async function listening(where: Asker, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<void> {
  const command = `${entering(where)}ss -Hln --${protocol} 'sport = :${port}'`;
  await until(`port ${port}`, async () => (await where.host.sh(command)) !== '', { ms: 20_000, every: 20 });
}

/** Programs in containers, or on hosts, that answer with a name. */
export class Programs {
  readonly #running: ChildProcess[] = [];

  async start(where: Asker, name: string): Promise<ChildProcess> {
    const inner = `exec ${entering(where)}node ${file('answer.mjs')} ${name}`;
    const command = ['-t', String(where.host.pid), '-n', '-m', 'sh', '-c', inner];
    const child = mortal(spawn('nsenter', command, { stdio: ['ignore', 'pipe', 'inherit'] }));
    this.#running.push(child);
    await once(child.stdout!, 'data');
    return child;
  }

  stop(): void {
    for (const child of this.#running.splice(0)) child.kill('SIGKILL');
  }
}
