import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { docker, dockerLines } from './docker.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** What a host holds that berth could have made, a line each: what a deletion has to bring back to what it was. */
export interface Traces {
  containers: string[];
  namespaces: string[];
  interfaces: string[];
  routes: string[];
  rules: string[];
  /** Files of berth's that a reboot would remove. */
  notes: string[];
}

const COLLECT = `
echo '# containers'; docker ps --all --no-trunc --format '{{.ID}} {{.Names}}'
echo '# namespaces'; ls /run/netns 2>/dev/null
echo '# interfaces'; ip -o link show | awk '{ sub(/@.*/, "", $2); print $2 }'
echo '# routes'; ip -o -4 route show table all
echo '# rules'; nft -s list ruleset 2>/dev/null; iptables-save 2>/dev/null | grep -v '^#\\|^:'
echo '# notes'; find /run/berth -mindepth 1 ! -name supervisor 2>/dev/null
`;

/** A sandbox machine, looked at from outside. */
export class SandboxMachine {
  readonly host: string;
  /** Of its container on the engine of this machine. */
  readonly id: string;
  readonly address: string;

  constructor({ host, id, address }: { host: string; id: string; address: string }) {
    this.host = host;
    this.id = id;
    this.address = address;
  }

  /** Runs a command in the machine. @throws when it fails */
  async sh(command: string): Promise<string> {
    const { stdout } = await run('docker', ['exec', this.id, 'sh', '-c', command], { maxBuffer: 1 << 26 });
    return stdout.trimEnd();
  }

  /** Starts a container of somebody else's on the engine. @returns what must not change about it */
  async startForeign(): Promise<string> {
    await this.sh('docker run --detach --name foreign --restart unless-stopped redis:3');
    return this.foreign();
  }

  foreign(): Promise<string> {
    return this.sh("docker inspect --format '{{.Id}} {{.State.StartedAt}} {{.State.Pid}} {{.RestartCount}}' foreign");
  }

  /** Ends the engine; the machine's first process starts it again. Resolves when it answers. */
  async restartEngine(): Promise<void> {
    const before = await this.sh('cat /run/docker.pid');
    await this.sh(`kill ${before}`);
    await until(`the engine of ${this.host} to be another`, async () => {
      const [pid] = (await this.sh('cat /run/docker.pid && docker version >/dev/null')).split('\n');
      return pid !== before;
    });
  }

  /** The highest leader that the machine has obeyed, by controller. */
  async fences(): Promise<Map<string, number>> {
    const lines = await this.sh("cd /var/lib/berth && grep -r --include='fence-*' .");
    return new Map(
      lines.split('\n').map((line) => {
        const [file = '', fence] = line.split(':');
        return [file.slice(file.indexOf('fence-') + 'fence-'.length), Number(fence)];
      }),
    );
  }

  async traces(): Promise<Traces> {
    const traces: Traces = { containers: [], namespaces: [], interfaces: [], routes: [], rules: [], notes: [] };
    let into: string[] = [];
    for (const line of (await this.sh(COLLECT)).split('\n')) {
      const title = /^# (\w+)$/.exec(line)?.[1];
      if (title !== undefined && isTrace(title, traces)) into = traces[title];
      else if (line.trim() !== '') into.push(line.trim());
    }
    for (const lines of Object.values(traces)) lines.sort();
    return traces;
  }
}

const isTrace = (title: string, traces: Traces): title is keyof Traces => title in traces;

/** The sandbox machines of an installation, also those that do not run. */
export async function machinesOf(installation: string): Promise<SandboxMachine[]> {
  const ids = await dockerLines('ps', '--all', '--quiet', ...labelled(installation));
  if (ids.length === 0) return [];
  const lines = await dockerLines(
    'inspect',
    '--format',
    '{{.Id}} {{.Config.Hostname}} {{.NetworkSettings.IPAddress}}',
    ...ids,
  );
  return lines.map((line) => {
    const [id = '', host = '', address = ''] = line.split(' ');
    return new SandboxMachine({ id, host, address });
  });
}

/** Removes whatever an installation left on the engine of this machine. */
export async function removeAll(installation: string): Promise<void> {
  const ids = await dockerLines('ps', '--all', '--quiet', ...labelled(installation));
  if (ids.length > 0) await docker('rm', '--force', '--volumes', ...ids);
}

const labelled = (installation: string): string[] => ['--filter', `label=io.berth.installation=${installation}`];
