import { spawn } from 'node:child_process';
import { constants, userInfo } from 'node:os';
import { BerthError, messageOf } from '../errors/index.ts';
import { type Clock, withTimeout } from '../platform/index.ts';
import { Output } from './output.ts';
import { asRoot } from './quote.ts';
import type { CommandResult, Shell } from './shell.ts';

/** Commands on the machine that this process runs on, by `sh`, as root (`sudo -n` where this process is not). */
export function localShell({ clock }: { clock: Clock }): Shell {
  const user = process.getuid?.() === 0 ? 'root' : userInfo().username;
  return {
    run(command, { stdin, timeoutMs = 60_000, signal } = {}) {
      const timeout = () => new BerthError('BERTH_TIMEOUT', `a command took longer than ${timeoutMs / 1000} s`);
      return withTimeout(
        clock,
        timeoutMs,
        timeout,
        (deadline) => execute(asRoot(command, user), stdin, deadline),
        signal,
      );
    },
    close() {},
  };
}

function execute(command: string, stdin: string | Buffer | undefined, signal: AbortSignal): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    // A group of its own, so that what the command started ends with it.
    const child = spawn('sh', ['-c', command], { detached: true });
    const stdout = new Output();
    const stderr = new Output();
    const abort = () => {
      if (child.pid !== undefined) killGroup(child.pid);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A command may end without reading its input.
    child.stdin.on('error', () => {});
    child.on('error', (error) =>
      reject(new BerthError('BERTH_SSH', `sh cannot be started: ${messageOf(error)}`, { cause: error })),
    );
    child.on('close', (code, signalName) => {
      signal.removeEventListener('abort', abort);
      resolve({
        code: code ?? 128 + (signalName ? constants.signals[signalName] : 0),
        stdout: stdout.text(),
        stderr: stderr.text(),
      });
    });
    child.stdin.end(stdin);
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
