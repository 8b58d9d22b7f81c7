import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../../../controllers/hostpool/prepare/index.ts';
import type { Engine } from '../../../../lib/docker/index.ts';
import type { VirtualClock } from '../../../../lib/simulation/index.ts';
import type { CommandResult, RunOptions, Shell } from '../../../../lib/ssh/index.ts';
import { createAuthority, type KeyPair } from '../../../../lib/tls/index.ts';
import { cloudSpec } from '../../../harness/records.ts';
import { engineStub } from '../../../lib/machine/engine-stub.ts';

const DAEMON = '/etc/docker/daemon.json';

export const spec = cloudSpec({ location: [] });

/**
 * A machine of a dozen commands: files, programs, a dockerd that starts. What its steps say is matched against the list
 * below, the first that fits answers; a command that nobody foresaw fails the test.
 */
export class FakeMachine {
  readonly files = new Map<string, string>([['/proc/sys/net/ipv4/ip_forward', '0\n']]);
  programs = new Set(['ip', 'apt-get']);
  systemd = false;
  running = false;
  /** An option with which its dockerd ends as soon as it is started. */
  refuses: string | undefined;
  /** Whether whoever starts dockerd notices that. */
  notices = true;
  log = '';
  starts = 0;
  /** Commands that changed something. */
  readonly changes: string[] = [];
  /** Ends the machine before its n-th change: the connection is lost, nothing of it has happened. */
  failAt = Number.POSITIVE_INFINITY;
  /** What dockerd was started with last. */
  #options: string | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'berth-prepare-'));

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  shell(kind: 'reads' | 'changes'): Shell {
    return {
      run: async (command, options) => {
        if (kind === 'changes') {
          if (this.changes.length >= this.failAt) throw new Error('connection lost');
          this.changes.push(command);
        }
        return this.#answer(command, options);
      },
      close() {},
    };
  }

  #answer(command: string, { stdin = '' }: RunOptions = {}): CommandResult {
    const say = (stdout = '', code = 0): CommandResult => ({ code, stdout, stderr: '' });
    const read = /^cat (\S+) 2>/.exec(command);
    if (read) return this.files.has(read[1]!) ? say(this.files.get(read[1]!)) : say('', 1);
    const write = /&& mv \S+ (\S+)$/.exec(command);
    if (write && command.includes('&& cat >')) {
      this.files.set(write[1]!, stdin.toString());
      return say();
    }
    const mark = /set -C; echo (\S+) >(\S+) \)/.exec(command);
    if (mark) {
      this.files.set(mark[2]!, `${mark[1]}\n`);
      return say();
    }
    if (command.startsWith('PATH=') && command.includes('for p in')) {
      const asked = /for p in (.*?);/.exec(command)![1]!.split(' ');
      return say(asked.filter((program) => !this.programs.has(program)).join('\n'));
    }
    if (command === 'command -v apt-get') return say('', this.programs.has('apt-get') ? 0 : 1);
    if (command.includes('apt-get install')) {
      for (const program of ['dockerd', 'openssl', 'nft', 'iptables', 'flock', 'sysctl']) this.programs.add(program);
      return say();
    }
    if (command.startsWith('echo 1 >/proc')) {
      this.files.set('/proc/sys/net/ipv4/ip_forward', '1\n');
      return say();
    }
    if (command.includes('openssl')) return this.#openssl(command);
    if (command.includes('command -v dockerd')) return say('/usr/sbin/dockerd\n');
    if (command === '[ -d /run/systemd/system ]') return say('', this.systemd ? 0 : 1);
    if (command === 'systemctl daemon-reload' || command.startsWith('{ [ ! -e /etc/docker/daemon.json ]')) return say();
    if (command.startsWith('[ ! -e /etc/berth/')) return say();
    if (command.startsWith('kill -0')) return say('', this.running && this.#options === this.files.get(DAEMON) ? 0 : 1);
    if (command.includes('systemctl restart docker')) {
      const refused = this.refuses !== undefined && this.files.get(DAEMON)!.includes(this.refuses);
      this.running = !refused;
      this.#options = this.files.get(DAEMON);
      this.starts += 1;
      this.files.set('/run/docker.pid', `${this.starts}`);
      if (refused) this.log += `failed to start daemon: ${this.refuses} is not valid\n`;
      return say('', refused && this.notices ? 1 : 0);
    }
    if (command.startsWith('journalctl')) return say(this.log);
    throw new Error(`nobody foresaw: ${command}`);
  }

  /** The real thing, on files of a folder of its own. */
  #openssl(command: string): CommandResult {
    const local = join(this.#folder, 'docker');
    const moved = command.replaceAll('/etc/docker/berth', local);
    const path = '/etc/docker/berth/cert.pem';
    try {
      execFileSync('mkdir', ['-p', local]);
      if (this.files.has(path)) writeFileSync(join(local, 'cert.pem'), this.files.get(path)!);
      const stdout = execFileSync('sh', ['-c', moved], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
      return { code: 0, stdout, stderr: '' };
    } catch {
      return { code: 1, stdout: '', stderr: 'openssl failed' };
    }
  }

  key(): string {
    return readFileSync(join(this.#folder, 'docker', 'key.pem'), 'utf8');
  }
}

let authority: Promise<KeyPair> | undefined;

export async function machineOf(fake: FakeMachine, clock: VirtualClock, more: Partial<Machine> = {}): Promise<Machine> {
  authority ??= createAuthority('test', clock.now());
  return {
    ...{ host: 'c-abc123', cloud: 'c', installation: 'ours', address: '10.0.0.1', spec, registryMirrors: [], clock },
    authority: await authority,
    shell: fake.shell('reads'),
    fenced: fake.shell('changes'),
    engine: engineOf(fake),
    signal: new AbortController().signal,
    readLocal: (path) => Promise.reject(new Error(`nobody foresaw ${path}`)),
    ...more,
  };
}

/** Answers once the machine's dockerd runs. */
const engineOf = (fake: FakeMachine): Engine =>
  engineStub({
    list: async () => [],
    info: async () => {
      if (!fake.running) throw new Error('nobody answers');
      const runtimes = ['berth', 'runc'];
      return { id: 'e', version: '20.10', architecture: 'x86_64', cpus: 2, memory: 4, runtimes, registryMirrors: [] };
    },
  });
