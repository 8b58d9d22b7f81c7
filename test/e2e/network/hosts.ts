import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CommandResult, RunOptions, Shell } from '../../../lib/ssh/index.ts';
import { mortal } from '../../harness/children.ts';

/** A host made of namespaces: its own network, its own /run and /var/lib, this machine's programs. */
export interface FakeHost extends Shell {
  address: string;
  address6: string;
  /** A process in its namespaces. */
  pid: number;
  /** Runs a command and answers its output. @throws when it fails */
  sh(command: string): Promise<string>;
  /** What a reboot takes away: /run and every interface of berth's. Disks stay. */
  loseWhatARebootLoses(): Promise<void>;
}

const SETUP = `
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && ip link set lo up && echo ready && exec sleep infinity
`;

/** Hosts on one wire, each with an address in 192.0.2.0/24 and one in 2001:db8::/64. Needs root. */
export async function fakeHosts(count: number): Promise<{ hosts: FakeHost[]; stop(): void }> {
  const wire = await holder();
  const run = (pid: number, command: string, options: RunOptions = {}) =>
    execute('nsenter', ['-t', String(pid), '-n', '-m', 'sh', '-c', command], options);
  const must = async (pid: number, command: string) => {
    const { code, stdout, stderr } = await run(pid, command);
    if (code !== 0) throw new Error(`${command}: exit code ${code}: ${stderr}`);
    return stdout;
  };
  const pid = wire.pid!;
  await must(pid, 'ip link add wire type bridge && ip link set wire up');

  const processes = [wire];
  const hosts: FakeHost[] = [];
  for (let i = 1; i <= count; i++) {
    const host = await holder();
    processes.push(host);
    const address = `192.0.2.${i}`;
    const address6 = `2001:db8::${i}`;
    await must(
      pid,
      `ip link add port${i} type veth peer name eth0 netns ${host.pid} && ip link set port${i} master wire up`,
    );
    await must(
      host.pid!,
      `ip addr add ${address}/24 dev eth0 && ip addr add ${address6}/64 dev eth0 nodad && ip link set eth0 up`,
    );
    hosts.push({
      address,
      address6,
      pid: host.pid!,
      run: (command, options) => run(host.pid!, command, options),
      sh: (command) => must(host.pid!, command),
      close() {},
      async loseWhatARebootLoses() {
        await must(
          host.pid!,
          `ip -o link show type veth | sed -n 's/^[0-9]*: \\(cali[^@]*\\)@.*/\\1/p' | xargs -r -n1 ip link del
           umount -R /run/netns 2>/dev/null; umount -l /run && mount -t tmpfs tmpfs /run; nft flush ruleset`,
        );
      },
    });
  }
  return { hosts, stop: () => void processes.map((process) => process.kill('SIGKILL')) };
}

async function holder(): Promise<ChildProcess> {
  const command = ['--net', '--mount', '--propagation', 'private', 'sh', '-c', SETUP];
  const child = mortal(spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] }));
  await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('cannot make a host of namespaces: is this root?'))),
  ]);
  return child;
}

function execute(
  file: string,
  args: string[],
  { stdin, timeoutMs = 60_000, signal }: RunOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { timeout: timeoutMs, ...(signal ? { signal } : {}) });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 255, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
